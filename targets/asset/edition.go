package asset

import (
	"encoding/json"
	"fmt"
	"sync"

	"rung/targets"
)

// manifestPath is where the list of files is.
const manifestPath = "/assets"

// edition is all files at one version, each made when it is first needed.
type edition struct {
	version int
	files   []func() File
}

func newEdition(sizes []int, version int) *edition {
	e := &edition{version: version, files: make([]func() File, len(sizes))}
	for i, size := range sizes {
		e.files[i] = sync.OnceValue(func() File {
			return newFile(targets.AssetName(i), typeBinary, VersionBytes(i, size, version), version)
		})
	}
	return e
}

// file returns file i without its Cache-Control, which depends on the URL.
func (e *edition) file(i int) File { return e.files[i]() }

// manifest is the JSON form of GET /assets.
type manifest struct {
	Version int    `json:"version"`
	Files   []item `json:"files"`
}

type item struct {
	Name string `json:"name"`
	Size int    `json:"size"`
	URL  string `json:"url"`
	ETag string `json:"etag"`
}

var manifestCaching = []string{"no-cache"}

func newManifest(e *edition) File {
	m := manifest{Version: e.version, Files: []item{}}
	for i := range e.files {
		f := e.file(i)
		m.Files = append(m.Files, item{Name: f.name, Size: len(f.Body), ETag: f.ETag(),
			URL: fmt.Sprintf("%s%s?v=%d", prefix, f.name, e.version)})
	}
	text, err := json.Marshal(m)
	if err != nil {
		panic(err) // plain structs always have a JSON form
	}
	f := newFile("", typeJSON, append(text, '\n'), e.version)
	f.caching = manifestCaching
	return f
}
