// Command goaudit checks the folder that `runproof ledger export` writes, with none of Runproof's code: checkpoint, tiles and
// proofs are judged by the Go project's own transparency-log packages, which the Go checksum database runs on.
//
//	goaudit [-prove 0,7] [-proof entry-7.tlog-proof] [-older EARLIER_EXPORT] DIR
//
// It prints one line and exits 0, or one line that names what differs and exits 1. Wrong usage exits 2.
package main

import (
	"bytes"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// tlog-tiles has tiles of 2^8 hashes.
const tileHeight = 8

// An export of more than this is read by tools made for it; this one holds all hashes in memory.
const maxEntries = 1 << 24

func main() {
	prove := flag.String("prove", "", "indexes whose inclusion to prove from the tiles, with commas between")
	proof := flag.String("proof", "", "an offline proof that `runproof ledger prove` printed")
	older := flag.String("older", "", "an earlier export of the same log")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: goaudit [-prove 0,7] [-proof FILE] [-older DIR] DIR")
		os.Exit(2)
	}
	line, err := audit(flag.Arg(0), *prove, *proof, *older)
	if err != nil {
		fmt.Println("FAIL:", err)
		os.Exit(1)
	}
	fmt.Println("ok:", line)
}

func audit(dir, prove, proof, older string) (string, error) {
	log, err := openLog(dir)
	if err != nil {
		return "", err
	}
	entries, hashes, err := rehash(dir, log.tree.N)
	if err != nil {
		return "", err
	}
	tiles := tlog.NewTiles(tileHeight, 0, log.tree.N)
	reader := &tileFiles{dir: dir, data: map[tlog.Tile][]byte{}}
	if err := compare(log.tree, tiles, reader, entries, hashes); err != nil {
		return "", err
	}
	line := fmt.Sprintf("%s, %d entries, %d hash tiles, root %v", log.verifier.Name(), log.tree.N, len(tiles), log.tree.Hash)
	authentic := tlog.TileHashReader(log.tree, reader)
	for _, steps := range []func() (string, error){
		func() (string, error) { return proveInclusion(log.tree, authentic, entries, prove) },
		func() (string, error) { return checkProof(log.verifier, entries, proof) },
		func() (string, error) { return proveConsistency(log, authentic, older) },
	} {
		more, err := steps()
		if err != nil {
			return "", err
		}
		line += more
	}
	return line, nil
}

type log struct {
	verifier note.Verifier
	tree     tlog.Tree
}

func openLog(dir string) (log, error) {
	vkey, err := os.ReadFile(filepath.Join(dir, "log.vkey"))
	if err != nil {
		return log{}, err
	}
	verifier, err := note.NewVerifier(strings.TrimSpace(string(vkey)))
	if err != nil {
		return log{}, fmt.Errorf("log.vkey: %w", err)
	}
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return log{}, err
	}
	tree, err := openCheckpoint(signed, verifier)
	if err != nil {
		return log{}, fmt.Errorf("checkpoint: %w", err)
	}
	return log{verifier, tree}, nil
}

// openCheckpoint reads a C2SP checkpoint that the verifier signed, under the verifier's own name.
func openCheckpoint(signed []byte, verifier note.Verifier) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 {
		return tlog.Tree{}, errors.New("it has no origin, size and root")
	}
	if lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("it is of the log %q, log.vkey is of %q", lines[0], verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || size > maxEntries || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, fmt.Errorf("size %q", lines[1])
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tlog.Tree{}, err
	}
	return tlog.Tree{N: size, Hash: root}, nil
}

// rehash reads every entry bundle and computes every hash of the tree from the entries alone.
func rehash(dir string, size int64) (entries [][]byte, hashes storedHashes, err error) {
	for n := int64(0); n < size; n += 1 << tileHeight {
		width := min(size-n, 1<<tileHeight)
		path := entriesPath(n>>tileHeight, int(width))
		bundle, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, nil, err
		}
		for i := int64(0); i < width; i++ {
			if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
				return nil, nil, fmt.Errorf("%s: it ends inside entry %d", path, n+i)
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			entry := bundle[2:end]
			bundle = bundle[end:]
			more, err := tlog.StoredHashes(n+i, entry, hashes)
			if err != nil {
				return nil, nil, err
			}
			entries, hashes = append(entries, entry), append(hashes, more...)
		}
		if len(bundle) > 0 {
			return nil, nil, fmt.Errorf("%s: %d bytes after its last entry", path, len(bundle))
		}
	}
	return entries, hashes, nil
}

// compare authenticates every tile against the signed root, and holds the entries to it. Where something differs, it says which
// file is to blame: entries that lead to the signed root are right, and so are tiles that do.
func compare(tree tlog.Tree, tiles []tlog.Tile, reader *tileFiles, entries [][]byte, hashes storedHashes) error {
	if tree.N == 0 {
		if root, err := tlog.TreeHash(0, hashes); err != nil || root != tree.Hash {
			return errors.New("checkpoint: its root is not that of the empty tree")
		}
		return nil
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return err
	}
	for _, tile := range tiles {
		got, err := reader.read(tile)
		if err != nil {
			return err
		}
		want, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		if root == tree.Hash && !bytes.Equal(got, want) {
			return fmt.Errorf("%s: not what the entries under the signed root hash to", tilePath(tile))
		}
	}
	authentic := tlog.TileHashReader(tree, reader)
	for _, tile := range tiles {
		signed, err := authentic.ReadHashes(indexesOf(tile))
		if err != nil {
			return fmt.Errorf("%s, or a tile that it rests on, does not lead to the signed root (%w); nor do the entries, which have %v",
				tilePath(tile), err, root)
		}
		for i, hash := range signed {
			index := tile.N<<tileHeight + int64(i)
			if tile.L == 0 && hash != tlog.RecordHash(entries[index]) {
				return fmt.Errorf("%s: entry %d does not hash to what the log signed", entriesPath(tile.N, tile.W), index)
			}
		}
	}
	if root != tree.Hash {
		return fmt.Errorf("checkpoint: it signs the root %v, the entries have %v", tree.Hash, root)
	}
	return nil
}

// proveInclusion makes proofs from the tiles and checks them against the entries.
func proveInclusion(tree tlog.Tree, authentic tlog.HashReader, entries [][]byte, indexes string) (string, error) {
	if indexes == "" {
		return "", nil
	}
	for _, text := range strings.Split(indexes, ",") {
		index, err := strconv.ParseInt(text, 10, 64)
		if err != nil || index < 0 || index >= tree.N {
			return "", fmt.Errorf("there is no entry %q in a log of %d", text, tree.N)
		}
		proof, err := tlog.ProveRecord(tree.N, index, authentic)
		if err != nil {
			return "", fmt.Errorf("entry %d: %w", index, err)
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entries[index])); err != nil {
			return "", fmt.Errorf("entry %d: %w", index, err)
		}
	}
	return ", included: " + indexes, nil
}

// checkProof checks a C2SP tlog-proof that Runproof made: the checkpoint inside it is of this log, and holds the entry.
func checkProof(verifier note.Verifier, entries [][]byte, path string) (string, error) {
	if path == "" {
		return "", nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	head, checkpoint, found := bytes.Cut(text, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) < 2 || lines[0] != "c2sp.org/tlog-proof@v1" || !strings.HasPrefix(lines[1], "index ") {
		return "", fmt.Errorf("%s: not a c2sp.org/tlog-proof@v1", path)
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[1], "index "), 10, 64)
	if err != nil || index < 0 || index >= int64(len(entries)) {
		return "", fmt.Errorf("%s: %s is not in this log", path, lines[1])
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
		proof = append(proof, hash)
	}
	tree, err := openCheckpoint(checkpoint, verifier)
	if err != nil {
		return "", fmt.Errorf("%s: checkpoint: %w", path, err)
	}
	if err := tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entries[index])); err != nil {
		return "", fmt.Errorf("%s: entry %d: %w", path, index, err)
	}
	return fmt.Sprintf(", proof of entry %d holds", index), nil
}

// proveConsistency shows that an earlier checkpoint of the same key is a prefix of this tree.
func proveConsistency(now log, authentic tlog.HashReader, dir string) (string, error) {
	if dir == "" {
		return "", nil
	}
	before, err := openLog(dir)
	if err != nil {
		return "", fmt.Errorf("the earlier export: %w", err)
	}
	if before.verifier.Name() != now.verifier.Name() || before.verifier.KeyHash() != now.verifier.KeyHash() {
		return "", fmt.Errorf("the earlier export is of the log %s, this one of %s", before.verifier.Name(), now.verifier.Name())
	}
	if before.tree.N < 1 || before.tree.N > now.tree.N {
		return "", fmt.Errorf("the earlier export has %d entries, this one %d", before.tree.N, now.tree.N)
	}
	proof, err := tlog.ProveTree(now.tree.N, before.tree.N, authentic)
	if err != nil {
		return "", err
	}
	if err := tlog.CheckTree(proof, now.tree.N, now.tree.Hash, before.tree.N, before.tree.Hash); err != nil {
		return "", fmt.Errorf("the checkpoint of %d entries is another history: %w", before.tree.N, err)
	}
	return fmt.Sprintf(", grown out of the checkpoint of %d", before.tree.N), nil
}

// storedHashes is tlog's own order of all hashes of a tree, in memory.
type storedHashes []tlog.Hash

func (stored storedHashes) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= int64(len(stored)) {
			return nil, errors.New("no such hash")
		}
		hashes[i] = stored[index]
	}
	return hashes, nil
}

// tileFiles reads tiles as tlog.TileHashReader asks for them.
type tileFiles struct {
	dir  string
	data map[tlog.Tile][]byte
}

func (files *tileFiles) Height() int { return tileHeight }

func (files *tileFiles) SaveTiles([]tlog.Tile, [][]byte) {}

func (files *tileFiles) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	all := make([][]byte, len(tiles))
	for i, tile := range tiles {
		data, err := files.read(tile)
		if err != nil {
			return nil, err
		}
		all[i] = data
	}
	return all, nil
}

func (files *tileFiles) read(tile tlog.Tile) ([]byte, error) {
	if data, ok := files.data[tile]; ok {
		return data, nil
	}
	data, err := os.ReadFile(filepath.Join(files.dir, tilePath(tile)))
	if err != nil {
		return nil, err
	}
	if len(data) != tile.W*tlog.HashSize {
		return nil, fmt.Errorf("%s: %d bytes, not %d hashes", tilePath(tile), len(data), tile.W)
	}
	files.data[tile] = data
	return data, nil
}

// tilePath is C2SP's; the Go project's own names the height as well.
func tilePath(tile tlog.Tile) string {
	return strings.Replace(tile.Path(), fmt.Sprintf("tile/%d/", tileHeight), "tile/", 1)
}

func entriesPath(n int64, width int) string {
	path := tilePath(tlog.Tile{H: tileHeight, L: 0, N: n, W: width})
	return strings.Replace(path, "tile/0/", "tile/entries/", 1)
}

func indexesOf(tile tlog.Tile) []int64 {
	indexes := make([]int64, tile.W)
	for i := range indexes {
		indexes[i] = tlog.StoredHashIndex(tile.L*tileHeight, tile.N<<tileHeight+int64(i))
	}
	return indexes
}
