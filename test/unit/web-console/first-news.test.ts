import { expect, it } from 'vitest';
import { firstNews } from '../../../web-console/pages/speak/first-news.ts';

it('what happened before anybody listened is told to who begins to listen, and to who takes over', () => {
  const trouble = firstNews<string>();
  const heard: string[] = [];
  trouble.tell('ended');
  expect(trouble.news).toBe('ended');
  trouble.listen((news) => heard.push(`first ${news}`));
  trouble.listen((news) => heard.push(`second ${news}`));
  expect(heard).toEqual(['first ended', 'second ended']);
});

it('only the first is told, and nothing that follows from closing it ourselves', () => {
  const trouble = firstNews<string>();
  const heard: string[] = [];
  trouble.listen((news) => heard.push(news));
  trouble.tell('muted');
  trouble.tell('ended');
  expect(heard).toEqual(['muted']);

  const closed = firstNews<string>();
  closed.listen((news) => heard.push(news));
  closed.close();
  closed.tell('ended');
  expect(closed.news).toBeUndefined();
  expect(heard).toEqual(['muted']);
});
