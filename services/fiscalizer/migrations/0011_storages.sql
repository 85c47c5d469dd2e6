-- Whose a fiscal storage is: a document of it counts as that register's alone (exactly-once.md 11).
create table storages (
  fn text primary key,
  identity text not null,                        -- the physical register
  tenant text not null,                          -- whose it was when it was bound: an identity may be sold
  bound_at timestamptz not null default now()
);
-- Whose the attempt's register was; empty: made by an older version.
alter table attempts add column tenant text not null default '';
-- The storage it named that is bound to another register: nothing is started on it before a person has said whose that
-- storage is. Empty: none.
alter table registers add column disputed_fn text not null default '';
-- What was booked so far binds as it came; documents of other registers on the same storage stay booked.
insert into storages (fn, identity, tenant)
  select distinct on (d.fn) d.fn, a.identity, r.tenant
  from documents d join attempts a on a.id = d.attempt join receipts r on r.id = d.receipt
  where a.identity <> ''
  order by d.fn, d.attempt;
