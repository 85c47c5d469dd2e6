-- Tokens are documents, too. The operator's are of no tenant.
ALTER TABLE documents DROP CONSTRAINT documents_kind_check;
ALTER TABLE documents ADD CONSTRAINT documents_kind_check
  CHECK (kind IN ('tenant', 'pool', 'register', 'installation', 'cashbox', 'token'));

-- The audit log whose rows hang together (libs/audit): each hash is over the row and the hash before it.
CREATE TABLE audit_log (
  number bigint PRIMARY KEY,
  at_us bigint NOT NULL,  -- Unix time
  name text NOT NULL,
  came_from text NOT NULL,
  reason text NOT NULL,
  action text NOT NULL,
  subject text NOT NULL,
  hash bytea NOT NULL
);
CREATE INDEX audit_log_by_subject ON audit_log (subject);
CREATE TABLE audit_head (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  number bigint NOT NULL,
  hash bytea NOT NULL
);
INSERT INTO audit_head (number, hash) VALUES (0, decode(repeat('00', 32), 'hex'));

-- What was audited before comes into it as it stands there. `audit` is left to a version that still writes it.
CREATE FUNCTION chained(before bytea, VARIADIC parts text[]) RETURNS bytea LANGUAGE sql IMMUTABLE AS $$
  SELECT sha256(before || convert_to(string_agg(octet_length(part) || ':' || part, '' ORDER BY place), 'UTF8'))
  FROM unnest(parts) WITH ORDINALITY AS p (part, place)
$$;
DO $$
DECLARE
  old record;
  place bigint := 0;
  chain bytea := decode(repeat('00', 32), 'hex');
  happened bigint;
  done text;
BEGIN
  FOR old IN SELECT * FROM audit ORDER BY number LOOP
    place := place + 1;
    happened := (extract(epoch FROM old.at) * 1000000)::bigint;
    done := rtrim(old.action || ' ' || old.keys);
    chain := chained(chain, place::text, happened::text, old.actor, '', '', done, old.kind || '/' || old.id);
    INSERT INTO audit_log VALUES (place, happened, old.actor, '', '', done, old.kind || '/' || old.id, chain);
  END LOOP;
  UPDATE audit_head SET number = place, hash = chain;
END $$;
DROP FUNCTION chained;
