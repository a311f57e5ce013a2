package main

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fake is a release whose program is a few bytes.
func fake(arch string) release {
	r := release{version: "v1.2.3", date: testDate, licence: []byte("licence"), licences: []byte("licences")}
	r.programs = []program{{platform: platform{"linux", arch}, data: []byte("program")}}
	return r
}

// blob gives the blob of d, which has to be what d says.
func blob(t *testing.T, layout map[string][]byte, d descriptor) []byte {
	t.Helper()
	b, ok := layout[blobName(d.Digest)]
	if !ok || digest(b) != d.Digest || len(b) != d.Size {
		t.Fatalf("%s: found %t, digest %s, %d bytes; want %s, %d bytes", d.MediaType, ok, digest(b), len(b), d.Digest, d.Size)
	}
	return b
}

func parse[T any](t *testing.T, text []byte) (v T) {
	t.Helper()
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestImage(t *testing.T) {
	r := fake("arm64")
	image, err := r.image(r.programs[0])
	if err != nil {
		t.Fatal(err)
	}
	layout := unpacked(t, image)
	if got := string(layout["oci-layout"]); got != `{"imageLayoutVersion":"1.0.0"}` {
		t.Errorf("oci-layout is %s", got)
	}
	top := parse[index](t, layout["index.json"])
	if top.Schema != 2 || len(top.Manifests) != 1 || top.Manifests[0].Annotations["org.opencontainers.image.ref.name"] != "v1.2.3" {
		t.Fatalf("index.json is %s", layout["index.json"])
	}
	m := parse[manifest](t, blob(t, layout, top.Manifests[0]))
	if m.Schema != 2 || m.MediaType != manifestType || len(m.Layers) != 1 || m.Layers[0].MediaType != layerType || m.Config.MediaType != configType {
		t.Fatalf("the manifest is %+v", m)
	}
	c := parse[imageConfig](t, blob(t, layout, m.Config))
	if c.Architecture != "arm64" || c.OS != "linux" || !c.Created.Equal(testDate) {
		t.Errorf("it is for %s/%s, of %v", c.OS, c.Architecture, c.Created)
	}
	root := unzipped(t, blob(t, layout, m.Layers[0]))
	if diff := cmp.Diff(rootFS{"layers", []string{digest(root)}}, c.RootFS); diff != "" {
		t.Errorf("rootfs (-want +got):\n%s", diff)
	}
	if program := unpacked(t, root)[c.Config.Entrypoint[0][1:]]; string(program) != "program" {
		t.Errorf("at the entry point %v is %q", c.Config.Entrypoint, program)
	}
	if !slices.Equal(c.Config.Entrypoint[1:], []string{"serve"}) || c.Config.User != "65532:65532" {
		t.Errorf("it runs %v as %s, want serve as 65532", c.Config.Entrypoint, c.Config.User)
	}
	want := healthcheck{[]string{"CMD", "/usr/bin/registrar", "health"}, 30 * time.Second, 10 * time.Second, 30 * time.Second, 3}
	if diff := cmp.Diff(want, c.Config.Healthcheck); diff != "" {
		t.Errorf("health check (-want +got):\n%s", diff)
	}
	old := parse[[]dockerImage](t, layout["manifest.json"])
	if diff := cmp.Diff([]dockerImage{{blobName(m.Config.Digest), []string{"registrar:v1.2.3"}, []string{blobName(m.Layers[0].Digest)}}}, old); diff != "" {
		t.Errorf("manifest.json (-want +got):\n%s", diff)
	}
}
