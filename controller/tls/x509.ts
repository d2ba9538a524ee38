// The library refuses to load before this one; the order of these two lines is the point of the file.
import 'reflect-metadata';

export * from '@peculiar/x509';
