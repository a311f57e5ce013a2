package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
)

// user is who the registrar is in a container: nobody that a host knows.
const user = "65532:65532"

// The media types of the OCI image format.
const (
	manifestType = "application/vnd.oci.image.manifest.v1+json"
	configType   = "application/vnd.oci.image.config.v1+json"
	layerType    = "application/vnd.oci.image.layer.v1.tar+gzip"
)

type (
	descriptor struct {
		MediaType   string            `json:"mediaType"`
		Digest      string            `json:"digest"`
		Size        int               `json:"size"`
		Annotations map[string]string `json:"annotations,omitempty"`
	}
	manifest struct {
		Schema    int          `json:"schemaVersion"`
		MediaType string       `json:"mediaType"`
		Config    descriptor   `json:"config"`
		Layers    []descriptor `json:"layers"`
	}
	index struct {
		Schema    int          `json:"schemaVersion"`
		Manifests []descriptor `json:"manifests"`
	}
	imageConfig struct {
		Created      time.Time       `json:"created"`
		Architecture string          `json:"architecture"`
		OS           string          `json:"os"`
		Config       containerConfig `json:"config"`
		RootFS       rootFS          `json:"rootfs"`
		History      []history       `json:"history"`
	}
	containerConfig struct {
		User         string
		ExposedPorts map[string]struct{}
		Env          []string
		Entrypoint   []string
		Healthcheck  healthcheck // Docker's own: OCI has none
		WorkingDir   string
		Labels       map[string]string
		StopSignal   string
	}
	healthcheck struct {
		Test                           []string
		Interval, Timeout, StartPeriod time.Duration
		Retries                        int
	}
	rootFS struct {
		Type  string   `json:"type"`
		Diffs []string `json:"diff_ids"`
	}
	history struct {
		Created time.Time `json:"created"`
		By      string    `json:"created_by"`
	}
	// dockerImage is what docker load looks for in manifest.json.
	dockerImage struct {
		Config   string
		RepoTags []string
		Layers   []string
	}
)

// image is an OCI image layout of p as an archive, which docker load takes too.
func (r *release) image(p program) ([]byte, error) {
	rootTar, err := r.rootFiles(p).tar("", r.date)
	if err != nil {
		return nil, err
	}
	var t tree
	layer := t.addBlob(layerType, zip(rootTar))
	config, err := t.addJSON(configType, r.imageConfig(p, digest(rootTar)))
	if err != nil {
		return nil, err
	}
	top, err := t.addJSON(manifestType, manifest{2, manifestType, config, []descriptor{layer}})
	if err != nil {
		return nil, err
	}
	top.Annotations = map[string]string{"org.opencontainers.image.ref.name": r.version}
	for name, v := range map[string]any{
		"oci-layout":    map[string]string{"imageLayoutVersion": "1.0.0"},
		"index.json":    index{2, []descriptor{top}},
		"manifest.json": []dockerImage{{blobName(config.Digest), []string{"registrar:" + r.version}, []string{blobName(layer.Digest)}}},
	} {
		text, err := json.Marshal(v)
		if err != nil {
			return nil, err
		}
		t.add(name, text)
	}
	return t.tar("", r.date)
}

// rootFiles are all files of the container. The program is static: it needs no other.
func (r *release) rootFiles(p program) tree {
	var t tree
	t.addProgram("usr/bin/registrar", p.data)
	t.add("etc/passwd", []byte("root:x:0:0:root:/:/sbin/nologin\nregistrar:x:65532:65532:RSerPool registrar:/:/sbin/nologin\n"))
	t.add("etc/group", []byte("root:x:0:\nregistrar:x:65532:\n"))
	t.add("usr/share/doc/registrar/LICENSE", r.licence)
	t.add("usr/share/doc/registrar/LICENSES-THIRD-PARTY", r.licences)
	return t
}

// imageConfig says how to run the image whose files are the archive of digest diff.
func (r *release) imageConfig(p program, diff string) imageConfig {
	return imageConfig{
		Created: r.date, Architecture: p.arch, OS: p.os,
		Config: containerConfig{
			User: user,
			ExposedPorts: map[string]struct{}{
				"3863/sctp": {}, "3863/tcp": {}, "3863/udp": {}, "8080/tcp": {}, "9901/sctp": {}, "9901/udp": {},
			},
			// The dashboard is how anybody hears whether it is healthy.
			Env:        []string{"PATH=/usr/bin", "REGISTRAR_HTTP=:8080"},
			Entrypoint: []string{"/usr/bin/registrar", "serve"},
			Healthcheck: healthcheck{
				Test:     []string{"CMD", "/usr/bin/registrar", "health"},
				Interval: 30 * time.Second, Timeout: 10 * time.Second, StartPeriod: 30 * time.Second, Retries: 3,
			},
			WorkingDir: "/",
			Labels: map[string]string{
				"org.opencontainers.image.title":    "registrar",
				"org.opencontainers.image.version":  r.version,
				"org.opencontainers.image.created":  r.date.Format(time.RFC3339),
				"org.opencontainers.image.licenses": "Apache-2.0",
			},
			StopSignal: "SIGTERM",
		},
		RootFS:  rootFS{"layers", []string{diff}},
		History: []history{{r.date, "registrar dist"}},
	}
}

func digest(data []byte) string { return fmt.Sprintf("sha256:%x", sha256.Sum256(data)) }

// blobName is where a layout has the blob of digest.
func blobName(digest string) string { return "blobs/sha256/" + digest[len("sha256:"):] }

func (t *tree) addBlob(mediaType string, data []byte) descriptor {
	d := descriptor{MediaType: mediaType, Digest: digest(data), Size: len(data)}
	t.add(blobName(d.Digest), data)
	return d
}

func (t *tree) addJSON(mediaType string, v any) (descriptor, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return descriptor{}, err
	}
	return t.addBlob(mediaType, text), nil
}
