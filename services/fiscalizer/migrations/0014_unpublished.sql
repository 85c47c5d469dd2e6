-- Of a comparison of two columns the planner believes that a third of the rows pass, and may read the whole table once a
-- second; of a column it knows how many do.
alter table receipts add column unpublished boolean not null generated always as (published_revision < revision) stored;
drop index receipts_unpublished;
create index receipts_unpublished on receipts (sequence, shard) where unpublished;
