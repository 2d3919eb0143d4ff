-- Whose promise a scope lives by: the key that signed its first manifest signs every later one, until it is revoked.
CREATE TABLE scope (
  application TEXT NOT NULL,
  environment TEXT NOT NULL,
  owner_key   TEXT NOT NULL, -- PEM
  created_at  TEXT NOT NULL, -- RFC 3339, UTC, like every time here
  PRIMARY KEY (application, environment)
) STRICT;

-- Published manifests. A version is immutable: the same version with other content is refused.
CREATE TABLE manifest_version (
  id           INTEGER PRIMARY KEY,
  application  TEXT    NOT NULL,
  environment  TEXT    NOT NULL,
  name         TEXT    NOT NULL,
  version      TEXT    NOT NULL,
  digest       TEXT    NOT NULL,
  promise      TEXT    NOT NULL, -- object: manifest, signature, owner's key, gate, blind spots
  governs_from TEXT    NOT NULL, -- windows that start at this time or later
  published_at TEXT    NOT NULL,
  published_by TEXT    NOT NULL,
  ledger_index INTEGER NOT NULL,
  UNIQUE (application, environment, name, version),
  FOREIGN KEY (application, environment) REFERENCES scope (application, environment)
) STRICT;
CREATE INDEX manifest_version_governs ON manifest_version (application, environment, governs_from);

-- Windows that were sealed at least once. Open ones follow from the manifest's cadence and the clock.
CREATE TABLE sealed_window (
  id              TEXT    PRIMARY KEY,
  application     TEXT    NOT NULL,
  environment     TEXT    NOT NULL,
  starts_at       TEXT    NOT NULL,
  ends_at         TEXT    NOT NULL,
  manifest        INTEGER NOT NULL REFERENCES manifest_version (id),
  sealed_revision INTEGER NOT NULL, -- what evidence.db had folded when it was last sealed; more of it is late evidence
  evidence        TEXT    NOT NULL, -- object: the sealed lines
  report          TEXT    NOT NULL  -- digest of the newest report
) STRICT;
CREATE INDEX sealed_window_in_time ON sealed_window (application, environment, ends_at);

-- Every report that was ever made. Nothing is rewritten: a later one of the same window names the one that it supersedes.
CREATE TABLE report (
  id              INTEGER PRIMARY KEY,
  digest          TEXT    NOT NULL UNIQUE, -- object: the report
  window_id       TEXT    NOT NULL,
  application     TEXT    NOT NULL,
  environment     TEXT    NOT NULL,
  verdict         TEXT    NOT NULL,
  verdict_before  TEXT    NOT NULL,
  cause           TEXT    NOT NULL CHECK (cause IN ('close', 'late_evidence', 'decision')),
  supersedes      TEXT,
  evaluated_at    TEXT    NOT NULL,
  made_at         TEXT    NOT NULL,
  evidence        TEXT    NOT NULL, -- object: the sealed lines
  receipt         TEXT    NOT NULL, -- object: bundle, decisions, manifest's signature: what the audit file holds beside report and evidence
  ledger_index    INTEGER NOT NULL
) STRICT;
CREATE INDEX report_of_window ON report (window_id, id);
CREATE INDEX report_of_scope ON report (application, environment, id);

-- How often one call may be repeated with the same outcome: the cause of each report, once.
CREATE TABLE assured (
  cause_id TEXT PRIMARY KEY, -- window, evidence and decisions that it was judged by
  report   TEXT NOT NULL REFERENCES report (digest)
) STRICT;

-- Signed decisions of people, as they were handed in. Whether one counts is decided when a window is judged, by whose key signed it.
CREATE TABLE decision (
  id           INTEGER PRIMARY KEY,
  application  TEXT    NOT NULL,
  environment  TEXT    NOT NULL,
  digest       TEXT    NOT NULL, -- of the signed statement
  key_id       TEXT    NOT NULL,
  envelope     TEXT    NOT NULL, -- DSSE, JSON
  subject      TEXT    NOT NULL, -- what it is about: case:<id>, or waiver:<id>
  window_id    TEXT,             -- null: every window while it holds
  decided_by   TEXT    NOT NULL,
  decided_at   TEXT    NOT NULL,
  ledger_index INTEGER NOT NULL,
  UNIQUE (digest, key_id)
) STRICT;
CREATE INDEX decision_of_scope ON decision (application, environment, id);

CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END;
CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision BEGIN SELECT RAISE(ABORT, 'decision is append-only'); END;
CREATE TRIGGER manifest_version_no_update BEFORE UPDATE ON manifest_version BEGIN SELECT RAISE(ABORT, 'manifest_version is append-only'); END;
CREATE TRIGGER manifest_version_no_delete BEFORE DELETE ON manifest_version BEGIN SELECT RAISE(ABORT, 'manifest_version is append-only'); END;
CREATE TRIGGER report_no_update BEFORE UPDATE ON report BEGIN SELECT RAISE(ABORT, 'report is append-only'); END;
CREATE TRIGGER report_no_delete BEFORE DELETE ON report BEGIN SELECT RAISE(ABORT, 'report is append-only'); END;
