-- Who may come in. Secrets are kept as SHA-256 alone: they are random and long, so that nothing is gained by a slower hash.

-- A person, as an identity provider names them; `urn:runproof:local` is this service itself.
CREATE TABLE person (
  id          TEXT PRIMARY KEY,
  issuer      TEXT NOT NULL,
  subject     TEXT NOT NULL,
  name        TEXT NOT NULL,
  email       TEXT,
  created_at  TEXT NOT NULL,
  disabled_at TEXT,
  UNIQUE (issuer, subject)
) STRICT;

-- What a person may be, and where. Changes are in the ledger; these rows are what holds now.
CREATE TABLE role_grant (
  person      TEXT NOT NULL REFERENCES person (id),
  role        TEXT NOT NULL CHECK (role IN ('viewer', 'engineer', 'approver', 'auditor', 'customer', 'admin')),
  application TEXT NOT NULL, -- or *
  environment TEXT NOT NULL, -- or *
  origin      TEXT NOT NULL CHECK (origin IN ('given', 'login')), -- login: from the groups of the last login, and gone with them
  granted_at  TEXT NOT NULL,
  granted_by  TEXT NOT NULL,
  PRIMARY KEY (person, role, application, environment, origin)
) STRICT;

-- The keys that people sign decisions with. The private halves never come here.
CREATE TABLE person_key (
  key_id       TEXT    PRIMARY KEY, -- base64 of SHA-256 over the key, as cosign names it
  person       TEXT    NOT NULL REFERENCES person (id),
  spki         BLOB    NOT NULL,
  name         TEXT    NOT NULL,    -- the person's, when the key was enrolled: what they signed
  statement    TEXT    NOT NULL,    -- DSSE envelope, signed with this key
  enrolled_at  TEXT    NOT NULL,
  ledger_index INTEGER NOT NULL,
  revoked_at       TEXT,
  revoked_by       TEXT,
  revoked_because  TEXT,
  revocation_index INTEGER,
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL)),
  CHECK ((revoked_at IS NULL) = (revoked_because IS NULL)),
  CHECK ((revoked_at IS NULL) = (revocation_index IS NULL))
) STRICT;
CREATE INDEX person_key_of_person ON person_key (person, enrolled_at);

CREATE TABLE session (
  hash       BLOB PRIMARY KEY CHECK (length(hash) = 32), -- of the cookie; what requests are tied to follows from the cookie too
  person     TEXT NOT NULL REFERENCES person (id),
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  used_at    TEXT NOT NULL
) STRICT;
CREATE INDEX session_of_person ON session (person);
CREATE INDEX session_expires ON session (expires_at);

CREATE TABLE token (
  id            TEXT    PRIMARY KEY,
  hash          BLOB    NOT NULL CHECK (length(hash) = 32),
  name          TEXT    NOT NULL,
  person        TEXT    REFERENCES person (id), -- null: a service's
  grants        TEXT    NOT NULL,               -- JSON: [{role, application, environment}]
  permissions   TEXT,                           -- JSON: the permissions that it is cut to; null: all of its roles
  made_by       TEXT    NOT NULL,
  created_at    TEXT    NOT NULL,
  expires_at    TEXT    NOT NULL,
  ledger_index  INTEGER NOT NULL,
  revoked_at    TEXT,
  revoked_by    TEXT,
  last_used_day TEXT,
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
) STRICT;
CREATE INDEX token_of_person ON token (person);

CREATE TABLE sensor (
  id           TEXT    PRIMARY KEY,
  name         TEXT    NOT NULL,
  kind         TEXT    NOT NULL CHECK (kind IN ('falco', 'tetragon', 'tracee', 'kubearmor', 'runproof', 'auto')),
  scopes       TEXT    NOT NULL, -- JSON: [{application, environment}] that it may speak for
  spki         BLOB,             -- signs batches
  secret_hash  BLOB    CHECK (secret_hash IS NULL OR length(secret_hash) = 32),
  spiffe_id    TEXT,
  enrolled_by  TEXT    NOT NULL,
  enrolled_at  TEXT    NOT NULL,
  ledger_index INTEGER NOT NULL,
  revoked_at   TEXT,
  revoked_by   TEXT,
  CHECK (secret_hash IS NOT NULL OR spiffe_id IS NOT NULL),
  CHECK ((revoked_at IS NULL) = (revoked_by IS NULL))
) STRICT;
-- One workload is one sensor at a time; after a revocation it may be enrolled anew.
CREATE UNIQUE INDEX sensor_of_workload ON sensor (spiffe_id) WHERE revoked_at IS NULL;

-- One-time tokens: who has one enrols a sensor, or comes in as a person, once.
CREATE TABLE enrolment (
  hash       BLOB PRIMARY KEY CHECK (length(hash) = 32),
  what       TEXT NOT NULL CHECK (what IN ('sensor', 'person')),
  grants     TEXT NOT NULL, -- JSON: scopes of the sensor, or grants of the person
  person     TEXT REFERENCES person (id), -- null: a new one
  made_by    TEXT NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL,
  used_at    TEXT
) STRICT;

-- Who looked at evidence, and who was refused.
CREATE TABLE access_log (
  id      INTEGER PRIMARY KEY,
  at      TEXT NOT NULL,
  who     TEXT NOT NULL, -- person:, token: or sensor: and the id; else nobody
  action  TEXT NOT NULL,
  what    TEXT NOT NULL,
  outcome TEXT NOT NULL,
  address TEXT NOT NULL
) STRICT;
CREATE INDEX access_log_of ON access_log (who, id);

CREATE TRIGGER access_log_no_update BEFORE UPDATE ON access_log BEGIN SELECT RAISE(ABORT, 'access_log is append-only'); END;
CREATE TRIGGER access_log_no_delete BEFORE DELETE ON access_log BEGIN SELECT RAISE(ABORT, 'access_log is append-only'); END;

-- Kept for good, because evidence names them. What may change is listed; everything else stays as it was.
CREATE TRIGGER person_no_delete BEFORE DELETE ON person BEGIN SELECT RAISE(ABORT, 'person is kept'); END;
CREATE TRIGGER person_stays BEFORE UPDATE ON person
WHEN NEW.id IS NOT OLD.id OR NEW.issuer IS NOT OLD.issuer OR NEW.subject IS NOT OLD.subject OR NEW.created_at IS NOT OLD.created_at
BEGIN SELECT RAISE(ABORT, 'a person stays who they are'); END;

CREATE TRIGGER person_key_no_delete BEFORE DELETE ON person_key BEGIN SELECT RAISE(ABORT, 'person_key is append-only'); END;
CREATE TRIGGER person_key_revoked_once BEFORE UPDATE ON person_key
WHEN OLD.revoked_at IS NOT NULL OR NEW.key_id IS NOT OLD.key_id OR NEW.person IS NOT OLD.person OR NEW.spki IS NOT OLD.spki
  OR NEW.name IS NOT OLD.name OR NEW.statement IS NOT OLD.statement OR NEW.enrolled_at IS NOT OLD.enrolled_at
  OR NEW.ledger_index IS NOT OLD.ledger_index
BEGIN SELECT RAISE(ABORT, 'a key is enrolled once and revoked once'); END;

CREATE TRIGGER token_no_delete BEFORE DELETE ON token BEGIN SELECT RAISE(ABORT, 'token is kept'); END;
CREATE TRIGGER token_stays BEFORE UPDATE ON token
WHEN NEW.id IS NOT OLD.id OR NEW.hash IS NOT OLD.hash OR NEW.name IS NOT OLD.name OR NEW.person IS NOT OLD.person
  OR NEW.grants IS NOT OLD.grants OR NEW.permissions IS NOT OLD.permissions OR NEW.made_by IS NOT OLD.made_by
  OR NEW.created_at IS NOT OLD.created_at OR NEW.expires_at IS NOT OLD.expires_at OR NEW.ledger_index IS NOT OLD.ledger_index
  OR (OLD.revoked_at IS NOT NULL AND (NEW.revoked_at IS NOT OLD.revoked_at OR NEW.revoked_by IS NOT OLD.revoked_by))
BEGIN SELECT RAISE(ABORT, 'a token can only be used and revoked'); END;

CREATE TRIGGER sensor_no_delete BEFORE DELETE ON sensor BEGIN SELECT RAISE(ABORT, 'sensor is kept'); END;
CREATE TRIGGER sensor_revoked_once BEFORE UPDATE ON sensor
WHEN OLD.revoked_at IS NOT NULL OR NEW.id IS NOT OLD.id OR NEW.name IS NOT OLD.name OR NEW.kind IS NOT OLD.kind
  OR NEW.scopes IS NOT OLD.scopes OR NEW.spki IS NOT OLD.spki OR NEW.secret_hash IS NOT OLD.secret_hash
  OR NEW.spiffe_id IS NOT OLD.spiffe_id OR NEW.enrolled_by IS NOT OLD.enrolled_by OR NEW.enrolled_at IS NOT OLD.enrolled_at
  OR NEW.ledger_index IS NOT OLD.ledger_index
BEGIN SELECT RAISE(ABORT, 'a sensor is enrolled once and revoked once'); END;

CREATE TRIGGER enrolment_no_delete BEFORE DELETE ON enrolment BEGIN SELECT RAISE(ABORT, 'enrolment is kept'); END;
CREATE TRIGGER enrolment_used_once BEFORE UPDATE ON enrolment
WHEN OLD.used_at IS NOT NULL OR NEW.hash IS NOT OLD.hash OR NEW.what IS NOT OLD.what OR NEW.grants IS NOT OLD.grants
  OR NEW.person IS NOT OLD.person OR NEW.made_by IS NOT OLD.made_by OR NEW.created_at IS NOT OLD.created_at
  OR NEW.expires_at IS NOT OLD.expires_at
BEGIN SELECT RAISE(ABORT, 'an enrolment is used once'); END;
