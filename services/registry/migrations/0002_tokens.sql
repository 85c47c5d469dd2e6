-- Tokens are documents, too. The operator's are of no tenant.
ALTER TABLE documents DROP CONSTRAINT documents_kind_check;
ALTER TABLE documents ADD CONSTRAINT documents_kind_check
  CHECK (kind IN ('tenant', 'pool', 'register', 'installation', 'cashbox', 'token'));
