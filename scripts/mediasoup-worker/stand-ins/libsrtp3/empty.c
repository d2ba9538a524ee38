/* An archive must not be empty; see ../../README.md. */
typedef int stand_in_is_not_empty;
