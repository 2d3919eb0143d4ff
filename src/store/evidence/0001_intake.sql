-- What was folded from the raw segments. Everything here can be made again from them; nothing here is promised to anybody else.

-- How far the segments were folded. One row, moved in the transaction of what was folded.
CREATE TABLE place (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  segment     INTEGER NOT NULL CHECK (segment >= 0),
  at          INTEGER NOT NULL CHECK (at >= 0),
  received_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE scope (
  id          INTEGER PRIMARY KEY,
  application TEXT    NOT NULL,
  environment TEXT    NOT NULL,
  UNIQUE (application, environment)
) STRICT;

CREATE TABLE evidence_window (
  id          INTEGER PRIMARY KEY,
  name        TEXT    NOT NULL UNIQUE,            -- the window's own id
  scope       INTEGER NOT NULL,
  starts      INTEGER NOT NULL,                   -- minutes since 1970
  ends        INTEGER NOT NULL,
  revision    INTEGER NOT NULL,                   -- raised by every fold that changes the evidence
  received_ms INTEGER NOT NULL,
  behaviours  INTEGER NOT NULL DEFAULT 0,         -- rows of this window
  ceiling     TEXT,                               -- after an overflow: no larger fingerprint can be among the smallest
  forgotten   INTEGER NOT NULL DEFAULT 0 CHECK (forgotten IN (0, 1))
) STRICT;
CREATE INDEX evidence_window_by_end ON evidence_window (scope, ends);
CREATE INDEX evidence_window_by_receipt ON evidence_window (received_ms);

-- The window comes first in the key, so that what is written together lies together.
CREATE TABLE behaviour (
  id          INTEGER PRIMARY KEY,
  window      INTEGER NOT NULL,
  print       BLOB    NOT NULL CHECK (length(print) = 32), -- rpf1, without its prefix
  identity    TEXT    NOT NULL,                            -- JSON
  samples     TEXT    NOT NULL,                            -- JSON, the smallest few
  last_sample TEXT,                                        -- key of the largest of them; null while there is room for more
  UNIQUE (window, print)
) STRICT;

-- Who saw it and how it was read: few in a window, and named by every sighting.
CREATE TABLE reading (
  id     INTEGER PRIMARY KEY,
  window INTEGER NOT NULL,
  key    TEXT    NOT NULL,                        -- JSON: class, sensor, rule, severity, confidence, effect, access, actionTaken
  UNIQUE (window, key)
) STRICT;

CREATE TABLE sighting (
  behaviour INTEGER NOT NULL,
  minute    INTEGER NOT NULL,                     -- since 1970; -1: unplaced
  reading   INTEGER NOT NULL,
  to_kill   TEXT    NOT NULL,                     -- '': nobody
  count     INTEGER NOT NULL CHECK (count > 0),
  first     INTEGER NOT NULL,                     -- nanoseconds into the minute
  last      INTEGER NOT NULL,
  PRIMARY KEY (behaviour, minute, reading, to_kill)
) STRICT, WITHOUT ROWID;                          -- rows of some 30 bytes: one tree instead of two

CREATE TABLE tally (
  window INTEGER NOT NULL,
  name   TEXT    NOT NULL,
  count  INTEGER NOT NULL,
  PRIMARY KEY (window, name)
) STRICT, WITHOUT ROWID;

-- Liveness of a scope. A moment is twice the minute since 1970, and one more past the minute's first millisecond: the edges of what
-- concerns a window are whole minutes, inclusive and cut to the millisecond, so that whole moments concern it or do not.
CREATE TABLE beat (
  scope      INTEGER NOT NULL,
  moment     INTEGER NOT NULL,
  signal     TEXT    NOT NULL,
  sensor     TEXT    NOT NULL,
  node       TEXT    NOT NULL,                    -- '=' and the name; '': the events do not tell
  first      INTEGER NOT NULL,                    -- nanoseconds into the minute
  last       INTEGER NOT NULL,
  count      INTEGER NOT NULL,
  detections INTEGER NOT NULL,
  PRIMARY KEY (scope, moment, signal, sensor, node)
) STRICT, WITHOUT ROWID;

CREATE TABLE watch_signal (
  id     INTEGER PRIMARY KEY,
  scope  INTEGER NOT NULL,
  reach  INTEGER NOT NULL CHECK (reach IN (0, 1, 2)), -- 0: a day at most; 1: longer; 2: until something ends it
  opens  INTEGER NOT NULL,                            -- moments, as above
  closes INTEGER NOT NULL,
  digest BLOB    NOT NULL,                            -- SHA-256 of its key
  signal TEXT    NOT NULL,                            -- JSON
  UNIQUE (scope, reach, opens, closes, digest)
) STRICT;

-- What became of a batch that named itself.
CREATE TABLE batch (
  key         TEXT    PRIMARY KEY,
  digest      TEXT    NOT NULL,
  outcome     TEXT    NOT NULL,                   -- JSON
  received_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX batch_by_receipt ON batch (received_ms);

-- Signed chains of batches: the last that was accepted.
CREATE TABLE stream (
  sensor      TEXT    NOT NULL,
  stream      TEXT    NOT NULL,
  seq         INTEGER NOT NULL,
  digest      TEXT    NOT NULL,
  received_ms INTEGER NOT NULL,
  PRIMARY KEY (sensor, stream)
) STRICT, WITHOUT ROWID;
