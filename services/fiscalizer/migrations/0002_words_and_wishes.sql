-- What a register said about an attempt that it did not call printed; empty: it never answered.
alter table attempts add column words text not null default '';
alter table attempts add column cause text not null default '';
-- When its bytes were last allowed to leave.
alter table attempts add column sent_at timestamptz not null default now();
-- A person's wish: held instead of queued once what is under way has ended; empty: none.
alter table receipts add column hold_reason text not null default '';
-- Who wants a failed receipt queued again, until status has promised never to tell its error; empty: nobody.
alter table receipts add column retry_by text not null default '';
-- What numbering may still contradict.
create index attempts_believed on attempts (identity, fn_before, fd_before)
  where outcome = 'not_printed' and question is null and words <> '';
create index receipts_retried on receipts (shard) where retry_by <> '';
