-- Which life of the store the journal was last trusted in (exactly-once.md 17). A server that was started anew, failed
-- over or restored has another: until somebody has compared it with kassaflow.outcomes, no shard counts as held.
create table trust (
  single boolean primary key default true check (single),
  system text not null default '',            -- of the life that `stage` is about; empty: no life yet
  timeline int not null default 0,
  run text not null default '',
  stage text not null default 'unknown' check (stage in ('unknown', 'taking_back', 'reading_posts', 'open')),
  synchronous boolean not null default false  -- while it was open, a commit waited for a synchronous standby
);
insert into trust default values;

-- The life this transaction speaks with. `run`: one run of one server, over one file of receipts: a dump that is
-- restored into a running server makes another.
create function life(out system text, out timeline int, out run text) language sql volatile as $$
  select c.system_identifier::text, ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int,
    extract(epoch from pg_postmaster_start_time()) || '/' || pg_relation_filenode('receipts')
  from pg_control_system() c
$$;

-- An attempt of it may have been made in a life that is lost: asked for, or left to a person, before it is printed.
alter table receipts add column suspect boolean not null default false;
