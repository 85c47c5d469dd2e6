-- Contents are not kept for ever (setting contents_kept). Those that are still here, by when their receipts ended.
create index receipts_with_content on receipts (changed_at) where content is not null and state in ('done', 'failed');
