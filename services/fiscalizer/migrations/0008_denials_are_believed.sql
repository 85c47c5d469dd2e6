-- A person's "not printed" is believed until the register's next number contradicts it, as the register's own is.
drop index attempts_believed;
create index attempts_believed on attempts (identity, fn_before, fd_before)
  where outcome = 'not_printed' and (question = 'settled' or (question is null and words <> ''));
