-- What is looked for all day is found in its order and by itself, whatever else the tables hold: one walk along a small
-- index, not one probe for each of the 1,024 shards.
drop index receipts_unpublished;
create index receipts_unpublished on receipts (sequence, shard) where published_revision < revision;
drop index evidence_undecided;
create index evidence_undecided on evidence (id, shard) where not decided;
drop index receipts_retried;
create index receipts_retried on receipts (id) where retry_by <> '';
