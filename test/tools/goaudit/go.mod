module runproof.dev/test/tools/goaudit

go 1.26.0

// Not an older one: up to v0.37.0 at least, TileHashReader leaves some full tiles unauthenticated.
require golang.org/x/mod v0.42.0
