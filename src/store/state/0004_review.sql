-- What a person must decide. The state of a case is worked out when somebody asks (src/review/state.ts): nothing here has to be flipped
-- when a waiver expires. A row holds what the newest judgement says of it; what happened is in case_event.
CREATE TABLE review_case (
  id              INTEGER PRIMARY KEY,
  application     TEXT    NOT NULL,
  environment     TEXT    NOT NULL,
  kind            TEXT    NOT NULL CHECK (kind IN ('finding', 'exception')), -- exception: asked for in advance
  subject         TEXT    NOT NULL, -- control and fingerprint, or what was asked for: the same again is the same case
  control         TEXT,             -- null: no control speaks about it
  fingerprint     TEXT,
  title           TEXT    NOT NULL,
  severity        TEXT    NOT NULL,
  confidence      REAL    NOT NULL,
  verdict         TEXT    NOT NULL CHECK (verdict IN ('fail', 'review', 'none')),
  reasons         TEXT    NOT NULL, -- JSON
  workloads       TEXT    NOT NULL, -- JSON
  evidence        TEXT    NOT NULL, -- JSON: what was seen, shortened
  scope           TEXT    NOT NULL, -- JSON: what a waiver for it covers
  covered_by      TEXT    NOT NULL, -- JSON: digests of the waivers that covered it when it was last judged
  opened_at       TEXT    NOT NULL, -- or reopened
  due_at          TEXT    NOT NULL,
  first_window    TEXT,             -- null: never seen yet
  last_window     TEXT,
  last_window_end TEXT,
  report          TEXT,             -- the newest that saw it
  assignee        TEXT REFERENCES person (id),
  closed_at       TEXT,
  UNIQUE (application, environment, subject),
  CHECK ((kind = 'finding') = (fingerprint IS NOT NULL))
) STRICT;
CREATE INDEX review_case_open ON review_case (application, environment, id) WHERE closed_at IS NULL;

-- What each window says of a case. A superseding report replaces what the one before said of its window.
CREATE TABLE case_window (
  case_id   INTEGER NOT NULL REFERENCES review_case (id),
  ends_at   TEXT    NOT NULL,
  window_id TEXT    NOT NULL,
  outcome   TEXT    NOT NULL CHECK (outcome IN ('seen', 'clean', 'blind')),
  report    TEXT    NOT NULL,
  PRIMARY KEY (case_id, ends_at, window_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE case_event (
  id      INTEGER PRIMARY KEY,
  case_id INTEGER NOT NULL REFERENCES review_case (id),
  at      TEXT    NOT NULL,
  who     TEXT    NOT NULL, -- person:<id>, token:<id>, or runproof
  name    TEXT    NOT NULL, -- theirs then
  what    TEXT    NOT NULL CHECK (what IN ('opened', 'reopened', 'closed', 'severity', 'assigned', 'commented', 'proposed', 'decided', 'revoked')),
  detail  TEXT    NOT NULL -- JSON
) STRICT;
CREATE INDEX case_event_of ON case_event (case_id, id);

CREATE TRIGGER case_event_no_update BEFORE UPDATE ON case_event BEGIN SELECT RAISE(ABORT, 'case_event is append-only'); END;
CREATE TRIGGER case_event_no_delete BEFORE DELETE ON case_event BEGIN SELECT RAISE(ABORT, 'case_event is append-only'); END;
CREATE TRIGGER review_case_no_delete BEFORE DELETE ON review_case BEGIN SELECT RAISE(ABORT, 'review_case is kept'); END;
