-- Sealed evidence that was deleted because the time for which its manifest keeps it was over. The row lasts, and so does its ledger entry.
CREATE TABLE expired_evidence (
  digest       TEXT    PRIMARY KEY,
  window_id    TEXT    NOT NULL,
  expired_at   TEXT    NOT NULL,
  kept_for     TEXT    NOT NULL, -- as the manifest says it: 400d
  ledger_index INTEGER NOT NULL,
  removed      INTEGER NOT NULL DEFAULT 0 CHECK (removed IN (0, 1)) -- 1: its file is gone
) STRICT;
CREATE INDEX expired_evidence_of ON expired_evidence (window_id);
CREATE INDEX expired_evidence_there ON expired_evidence (digest) WHERE removed = 0;

CREATE TRIGGER expired_evidence_no_delete BEFORE DELETE ON expired_evidence BEGIN SELECT RAISE(ABORT, 'expired_evidence is append-only'); END;
CREATE TRIGGER expired_evidence_stays BEFORE UPDATE ON expired_evidence
WHEN NEW.digest IS NOT OLD.digest OR NEW.window_id IS NOT OLD.window_id OR NEW.expired_at IS NOT OLD.expired_at
  OR NEW.kept_for IS NOT OLD.kept_for OR NEW.ledger_index IS NOT OLD.ledger_index OR NEW.removed < OLD.removed
BEGIN SELECT RAISE(ABORT, 'expired_evidence is append-only'); END;

-- The access log is kept from this time on; what is older may go, and nothing else.
CREATE TABLE access_kept (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  kept_from TEXT    NOT NULL
) STRICT;
CREATE TRIGGER access_kept_forward BEFORE UPDATE ON access_kept WHEN NEW.kept_from < OLD.kept_from
BEGIN SELECT RAISE(ABORT, 'what was deleted does not come back'); END;
CREATE TRIGGER access_kept_no_delete BEFORE DELETE ON access_kept BEGIN SELECT RAISE(ABORT, 'access_kept stays'); END;

DROP TRIGGER access_log_no_delete;
CREATE TRIGGER access_log_no_delete BEFORE DELETE ON access_log
WHEN OLD.at >= COALESCE((SELECT kept_from FROM access_kept), '')
BEGIN SELECT RAISE(ABORT, 'access_log is append-only'); END;
