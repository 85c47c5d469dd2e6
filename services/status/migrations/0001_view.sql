create table offsets (
  topic text not null,
  partition int not null,
  next_offset bigint not null,
  primary key (topic, partition)
);

create table receipts (
  id uuid primary key,
  tenant text not null,
  installation text not null,
  pool text not null,
  state text not null,
  revision bigint not null,          -- 0: only an accepted post is known, the journal has not spoken
  generation bigint not null,        -- of the outcome: a re-print that fails again is told again
  accepted_at timestamptz not null,
  outcome bytea not null,            -- kassaflow.v1.ReceiptOutcome
  error_told_at timestamptz,         -- set before the portal is told that it failed (exactly-once.md 16)
  error_withheld_revision bigint not null default 0,  -- up to here the error is never told
  pushed_at timestamptz,
  push_due timestamptz,              -- null: nothing to push
  push_tries int not null default 0
);
create index receipts_by_time on receipts (accepted_at);
create index receipts_by_tenant on receipts (tenant, accepted_at);
create index receipts_by_pool on receipts (pool, accepted_at);
create index receipts_to_look_after on receipts (state, accepted_at) where state in ('uncertain', 'held', 'failed', 'queued', 'printing');
create index receipts_to_push on receipts (installation, push_due) where push_due is not null;

-- Accepted posts, until an outcome names them (exactly-once.md 14).
create table posts (
  receipt uuid not null,
  post_id uuid not null,
  covered boolean not null,
  primary key (receipt, post_id)
);
create index posts_uncovered on posts (receipt) where not covered;

-- Portals that something was pushed to. One replica at a time pushes to a portal, so that the pace holds for all.
create table portals (
  installation text primary key,
  free_at timestamptz not null default now(),  -- until then a replica has it, or it rests
  claimed_by text not null default '',         -- the replica; empty: nobody
  next_place timestamptz,                      -- of the pace, null: no request yet
  failures int not null default 0,             -- requests without an answer since the last one
  webhook_digest bytea not null default '',    -- the webhook that moved_to belongs to
  moved_to text not null default ''            -- scheme and host of a renamed portal (bitrix24.md §11.1)
);
