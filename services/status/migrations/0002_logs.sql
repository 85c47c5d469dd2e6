-- How a log is known again (exactly-once.md 18).
alter table offsets
  add column log bigint not null default 0,           -- grows each time that not all before next_offset may have been read
  add column newest_ms bigint not null default 0,     -- LogAppendTime of the newest record read of this log; 0: not known
  add column fingerprint bytea not null default '',   -- of the record before next_offset; empty: not known
  add column mark_offset bigint not null default 0,   -- a next_offset of a minute before
  add column mark_ms bigint not null default 0,       -- LogAppendTime of the newest record before the mark; 0: no mark
  add column told_offset bigint not null default -1;  -- the next_offset that newest_ms and fingerprint belong to: older versions move only that
-- Sum of offsets.log when the outcome was last told. Outcomes and posts may have been lost with a log since: what was
-- told before is no ground for an ERROR until the journal says it again (exactly-once.md 14).
alter table receipts add column logs bigint not null default 0;
