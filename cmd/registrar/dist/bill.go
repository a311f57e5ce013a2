package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// The parts of a bill of materials in CycloneDX 1.5 that are used here.
type (
	bill struct {
		Format       string       `json:"bomFormat"`
		Spec         string       `json:"specVersion"`
		Serial       string       `json:"serialNumber"`
		Version      int          `json:"version"`
		Metadata     metadata     `json:"metadata"`
		Components   []component  `json:"components"`
		Dependencies []dependency `json:"dependencies"`
	}
	metadata struct {
		Timestamp string    `json:"timestamp"`
		Component component `json:"component"`
	}
	component struct {
		Type       string     `json:"type"`
		Ref        string     `json:"bom-ref"`
		Name       string     `json:"name"`
		Version    string     `json:"version"`
		PURL       string     `json:"purl"`
		Hashes     []hash     `json:"hashes,omitempty"`
		Properties []property `json:"properties,omitempty"`
	}
	hash struct {
		Algorithm string `json:"alg"`
		Content   string `json:"content"`
	}
	property struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	dependency struct {
		Ref string   `json:"ref"`
		On  []string `json:"dependsOn,omitempty"`
	}
)

// bill lists the modules in the program p, as its build information has them.
func (r *release) bill(p program) ([]byte, error) {
	sum := sha256.Sum256(p.data)
	self := component{
		Type: "application", Name: "registrar", Version: r.version,
		PURL:   "pkg:golang/" + p.info.Main.Path + "@" + r.version,
		Hashes: []hash{{"SHA-256", fmt.Sprintf("%x", sum)}},
	}
	self.Properties = []property{{"go:platform", p.String()}}
	self.Ref = self.PURL
	b := bill{
		Format: "CycloneDX", Spec: "1.5", Version: 1,
		Serial:   "urn:uuid:" + uuid(sum),
		Metadata: metadata{r.date.Format(time.RFC3339), self},
	}
	b.add("std", strings.TrimPrefix(p.info.GoVersion, "go"), "")
	for _, m := range p.info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		b.add(m.Path, m.Version, m.Sum)
	}
	root := dependency{Ref: self.Ref}
	for _, c := range b.Components {
		root.On = append(root.On, c.Ref)
	}
	b.Dependencies = []dependency{root}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(b)
	return out.Bytes(), err
}

// uuid makes a number (RFC 9562 version 8) of sum: the same program has the same.
func uuid(sum [sha256.Size]byte) string {
	u := sum[:16]
	u[6] = u[6]&0x0f | 0x80
	u[8] = u[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", u[:4], u[4:6], u[6:8], u[8:10], u[10:])
}

// add adds a module, whose sum is that of go.sum where it has one.
func (b *bill) add(path, version, sum string) {
	c := component{Type: "library", Name: path, Version: version, PURL: "pkg:golang/" + path + "@" + strings.ReplaceAll(version, "+", "%2B")}
	c.Ref = c.PURL
	if sum != "" {
		c.Properties = []property{{"go:sum", sum}}
	}
	b.Components = append(b.Components, c)
}
