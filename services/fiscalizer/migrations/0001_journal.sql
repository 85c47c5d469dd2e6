-- Who may dispatch (exactly-once.md 4). A worker's life is its growing counter; wall time decides nothing.
create table workers (
  id text primary key,
  heartbeat bigint not null default 0,
  started_at timestamptz not null default now()
);
create table shards (
  shard int primary key check (shard between 0 and 1023),
  worker text,
  epoch bigint not null default 0
);
insert into shards (shard) select generate_series(0, 1023);

-- What was taken in, stored with what was made of it (intake is exactly-once).
create table offsets (
  topic text not null,
  partition int not null,
  next_offset bigint not null,
  primary key (topic, partition)
);

create sequence journal_sequence;

create table receipts (
  id uuid primary key,
  tenant text not null,
  installation text not null,
  cashbox text not null,
  unique_id text not null,
  pool text not null,
  shard int not null,
  state text not null check (state in ('queued', 'printing', 'uncertain', 'held', 'done', 'failed')),
  generation int not null default 1,
  revision bigint not null default 1,            -- grows with every change a reader may see
  published_revision bigint not null default 0,  -- the last one kassaflow.outcomes has
  sequence bigint not null default nextval('journal_sequence'),
  position bigint not null,                      -- order in the queue of the pool
  attempts int not null default 0,               -- of the receipt's whole life
  generation_attempts int not null default 0,
  digest bytea not null,
  digest_version int not null,
  date_create_s bigint not null,
  content bytea,                                 -- kassaflow.v1.Receipt
  total_kopecks bigint not null,
  accepted_at timestamptz not null,
  changed_at timestamptz not null default now(),
  finished_at timestamptz,                       -- when it became done or failed
  not_before timestamptz,                        -- a person's "not printed" waits for the quiet time
  conflicts int not null default 0,
  error text not null default '',
  fiscal bytea                                   -- kassaflow.v1.FiscalDocument
);
create index receipts_queue on receipts (pool, position) where state = 'queued';
create index receipts_unpublished on receipts (shard, sequence) where published_revision < revision;
create index receipts_waiting on receipts (shard) where state in ('uncertain', 'held');

-- Every accepted HTTP post once (exactly-once.md 12).
create table posts (
  receipt uuid not null references receipts (id),
  post_id uuid not null,
  verdict text not null,
  generation int not null,
  digest bytea not null,
  taken_in_at timestamptz not null default now(),
  primary key (receipt, post_id)
);

-- One try on one register; committed before a byte leaves (exactly-once.md 1).
create table attempts (
  id bigint generated always as identity primary key,
  receipt uuid references receipts (id),         -- null: a shift report
  number int not null default 0,
  generation int not null default 0,
  kind text not null check (kind in ('receipt', 'open_shift', 'close_shift')),
  register text not null,
  identity text not null,                        -- the physical register (exactly-once.md 9)
  pool text not null,
  shard int not null,
  epoch bigint not null,
  key text not null,
  request bytea not null,
  remote_id text not null default '',
  sends int not null default 1,                  -- how often these bytes were allowed to leave
  fn_before text not null default '',            -- what the numbering proof needs (exactly-once.md 6)
  fd_before bigint not null default 0,
  proves bigint references attempts (id),        -- the uncertain attempt this one is the probe of
  started_at timestamptz not null default now(),
  finished_at timestamptz,
  outcome text check (outcome in ('printed', 'not_printed', 'unknown')),  -- null: open
  question text check (question in ('open', 'asked', 'settled')),         -- of an unknown outcome
  detail text not null default '',
  unique (receipt, number)
);
create unique index attempts_one_open_per_register on attempts (identity) where outcome is null;
create unique index attempts_one_open_per_receipt on attempts (receipt) where outcome is null;
create index attempts_by_key on attempts (key);
create index attempts_by_remote_id on attempts (remote_id) where remote_id <> '';
create index attempts_questions on attempts (identity) where question in ('open', 'asked');

-- Answers are kept under any epoch; only decisions are fenced (exactly-once.md 5).
create table evidence (
  id bigint generated always as identity primary key,
  attempt bigint not null references attempts (id),
  shard int not null,
  send int not null,                             -- which sending of the bytes it is about
  final boolean not null,
  provable boolean not null,                     -- the register's numbering may settle a lost answer
  fact text not null,
  cause text not null,
  code text not null,
  detail text not null,
  document bytea,
  remote_id text not null,
  raw bytea not null,
  decided boolean not null,
  told_at timestamptz not null default now()
);
create index evidence_undecided on evidence (shard) where not decided;
create index evidence_of_attempt on evidence (attempt);

-- Every document we know of, receipts and shift reports (exactly-once.md 11).
create table documents (
  fn text not null,
  fd bigint not null,
  attempt bigint not null references attempts (id),
  receipt uuid references receipts (id),
  primary key (fn, fd)
);

create table registers (
  identity text primary key,
  fn text not null default '',
  highest_fd bigint not null default 0,
  shift text not null default 'unknown' check (shift in ('unknown', 'open', 'closed')),
  shift_opened_at timestamptz
);

-- Records no worker could read: whose they are stands in their headers (exactly-once.md 18).
create table unreadable (
  topic text not null,
  partition int not null,
  record_offset bigint not null,
  receipt uuid,
  key bytea not null,
  value bytea not null,
  taken_in_at timestamptz not null default now(),
  primary key (topic, partition, record_offset)
);
create index unreadable_of_receipt on unreadable (receipt);

create table callbacks (
  id bigint generated always as identity primary key,
  register text not null,
  shard int not null,
  body bytea not null,
  handled boolean not null default false,
  received_at timestamptz not null default now()
);
create index callbacks_unhandled on callbacks (shard) where not handled;

create table audit (
  id bigint generated always as identity primary key,
  at timestamptz not null default now(),
  actor text not null,
  receipt uuid,
  action text not null
);
