-- The shift reports of a register since a number are found without its receipts.
create index attempts_reports on attempts (identity, fn_before, fd_before) where kind <> 'receipt';
-- Attempts without an answer that nobody is asked about: together with the open ones and the questions all that keeps a
-- register from being deleted.
create index attempts_unasked on attempts (receipt) where outcome = 'unknown' and question is null and receipt is not null;
