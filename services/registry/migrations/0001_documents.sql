-- One row. `revision` counts changes of configuration, 1 is the empty one (0: a watcher has heard of none yet); the fingerprint is of the id master (exactly-once.md 10).
CREATE TABLE state (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  revision bigint NOT NULL DEFAULT 1,
  id_master_fingerprint text
);
INSERT INTO state DEFAULT VALUES;

CREATE TABLE documents (
  kind text NOT NULL CHECK (kind IN ('tenant', 'pool', 'register', 'installation', 'cashbox')),
  id text NOT NULL CHECK (id ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  tenant text NOT NULL,
  retired boolean NOT NULL DEFAULT false,  -- a register that is being deleted
  fixed text NOT NULL,       -- what may never change, "name=value" lines
  body bytea NOT NULL,       -- kassaflow.v1.Document without credentials
  sealed bytea,              -- kassaflow.v1.Document of the credentials, encrypted
  revision bigint NOT NULL,  -- of its last change
  PRIMARY KEY (kind, id),
  UNIQUE (tenant, kind, id)
);
CREATE INDEX documents_by_revision ON documents (revision);

CREATE FUNCTION refuse_change_of_fixed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'what is fixed of %/% cannot change', OLD.kind, OLD.id USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER documents_fixed BEFORE UPDATE ON documents FOR EACH ROW
  WHEN (OLD.fixed IS DISTINCT FROM NEW.fixed OR OLD.tenant IS DISTINCT FROM NEW.tenant)
  EXECUTE FUNCTION refuse_change_of_fixed();

-- The tenant is part of both keys: nothing can refer to another tenant's document.
CREATE TABLE document_references (
  tenant text NOT NULL,
  kind text NOT NULL,
  id text NOT NULL,
  to_kind text NOT NULL,
  to_id text NOT NULL,
  PRIMARY KEY (kind, id, to_kind),
  FOREIGN KEY (tenant, kind, id) REFERENCES documents (tenant, kind, id) ON DELETE CASCADE,
  FOREIGN KEY (tenant, to_kind, to_id) REFERENCES documents (tenant, kind, id) ON DELETE RESTRICT
);
CREATE INDEX document_references_to ON document_references (to_kind, to_id);

-- Held by at most one document over all tenants. Claims of what = 'secret' outlive their document.
CREATE TABLE claims (
  what text NOT NULL,
  value text NOT NULL,
  kind text NOT NULL,
  id text NOT NULL,
  PRIMARY KEY (what, value)
);
CREATE INDEX claims_by_owner ON claims (kind, id);

-- Deleted documents: what was fixed stays fixed for the id.
CREATE TABLE tombstones (
  kind text NOT NULL,
  id text NOT NULL,
  fixed text NOT NULL,
  revision bigint NOT NULL,
  deleted_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (kind, id)
);
CREATE INDEX tombstones_by_revision ON tombstones (revision);

-- What each replica's watchers have in force, told twice a second: an Apply waits for those of other replicas, too.
CREATE UNLOGGED TABLE watchers (
  replica text NOT NULL,
  name text NOT NULL,
  in_force bigint NOT NULL,
  seen timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE audit (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now(),
  actor text NOT NULL,
  action text NOT NULL,
  kind text NOT NULL,
  id text NOT NULL,
  keys text NOT NULL,        -- names of the keys that changed, never values
  revision bigint NOT NULL
);
CREATE INDEX audit_by_document ON audit (kind, id);
