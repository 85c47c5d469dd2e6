-- Nothing is started on them under a document older than that revision of the configuration (exactly-once.md 9).
create table retired_registers (
  register text primary key,
  revision bigint not null
);
