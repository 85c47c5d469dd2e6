-- Records that were not taken in, with their bytes (docs/architecture/records.md).
create table set_aside (
  topic text not null,
  partition int not null,
  log bigint not null,
  record_offset bigint not null,
  key bytea not null,
  value bytea not null,
  why text not null,     -- unreadable, out_of_limits, foreign, refused (kafka/set_aside.hpp)
  detail text not null,  -- for operators
  set_aside_at timestamptz not null default now(),
  primary key (topic, partition, log, record_offset)
);
-- Which installation accepted the post: one of another than the receipt's says nothing of the receipt. Empty: only an
-- outcome has named it, or an older version has read it. '*': several say that it is theirs, so it counts for each.
alter table posts add column installation text not null default '';
