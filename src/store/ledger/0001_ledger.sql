-- Which log this is. One row, written when the database is made.
CREATE TABLE ledger_meta (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  origin     TEXT    NOT NULL,
  public_key BLOB    NOT NULL CHECK (length(public_key) = 32) -- Ed25519
) STRICT;

-- The leaves. kind and event_id are the operator's index of them and no part of the tree.
CREATE TABLE ledger_entry (
  idx      INTEGER PRIMARY KEY,
  leaf     BLOB    NOT NULL CHECK (length(leaf) BETWEEN 1 AND 65535), -- its length is a uint16 in an entry bundle
  kind     TEXT    NOT NULL,
  event_id TEXT    NOT NULL UNIQUE                                    -- a repeated event finds its first entry
) STRICT;

-- C2SP tlog-tiles: up to 256 hashes of 32 bytes; the last tile of a level grows.
CREATE TABLE ledger_tile (
  level INTEGER NOT NULL CHECK (level BETWEEN 0 AND 63),
  n     INTEGER NOT NULL CHECK (n >= 0),
  data  BLOB    NOT NULL CHECK (length(data) BETWEEN 32 AND 8192 AND length(data) % 32 = 0),
  PRIMARY KEY (level, n)
) STRICT;

-- What the log last signed. One row.
CREATE TABLE ledger_head (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  size       INTEGER NOT NULL CHECK (size >= 0),
  root       BLOB    NOT NULL CHECK (length(root) = 32),
  checkpoint TEXT    NOT NULL,
  time       INTEGER NOT NULL -- seconds since 1970
) STRICT;

-- The connection sets recursive_triggers = ON; without it INSERT OR REPLACE deletes and no trigger fires.
CREATE TRIGGER ledger_meta_no_update BEFORE UPDATE ON ledger_meta BEGIN SELECT RAISE(ABORT, 'ledger_meta is append-only'); END;
CREATE TRIGGER ledger_meta_no_delete BEFORE DELETE ON ledger_meta BEGIN SELECT RAISE(ABORT, 'ledger_meta is append-only'); END;
CREATE TRIGGER ledger_entry_no_update BEFORE UPDATE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END;
CREATE TRIGGER ledger_entry_no_delete BEFORE DELETE ON ledger_entry BEGIN SELECT RAISE(ABORT, 'ledger_entry is append-only'); END;
CREATE TRIGGER ledger_entry_in_order BEFORE INSERT ON ledger_entry
WHEN NEW.idx IS NOT (SELECT coalesce(max(idx) + 1, 0) FROM ledger_entry)
BEGIN SELECT RAISE(ABORT, 'ledger_entry has no gaps'); END;
CREATE TRIGGER ledger_tile_only_grows BEFORE UPDATE ON ledger_tile
WHEN NEW.level <> OLD.level OR NEW.n <> OLD.n OR length(NEW.data) <= length(OLD.data)
  OR substr(NEW.data, 1, length(OLD.data)) <> OLD.data
BEGIN SELECT RAISE(ABORT, 'ledger_tile only grows'); END;
CREATE TRIGGER ledger_tile_no_delete BEFORE DELETE ON ledger_tile BEGIN SELECT RAISE(ABORT, 'ledger_tile is append-only'); END;
CREATE TRIGGER ledger_head_only_grows BEFORE UPDATE ON ledger_head
WHEN NEW.size <= OLD.size OR NEW.time < OLD.time
BEGIN SELECT RAISE(ABORT, 'ledger_head only grows'); END;
CREATE TRIGGER ledger_head_no_delete BEFORE DELETE ON ledger_head BEGIN SELECT RAISE(ABORT, 'ledger_head is append-only'); END;
