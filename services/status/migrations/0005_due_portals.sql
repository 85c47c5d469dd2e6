-- When something is due at a portal, and it rests no more; null: nothing is due. A look finds those in one index, however
-- many portals there are. A program that does not know the column leaves it as it is: a sweep of those that do puts it
-- right (push_sql.cpp).
alter table portals add column due_at timestamptz;
create index portals_due on portals (due_at) where due_at is not null;
insert into portals as p (installation, due_at)
  select installation, min(push_due) from receipts where push_due is not null group by installation
  on conflict (installation) do update set due_at = greatest(excluded.due_at, p.free_at);
