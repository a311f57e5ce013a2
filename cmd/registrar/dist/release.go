package main

import (
	"os"
	"path/filepath"
	"time"
)

// release is what is released, as build collects it.
type release struct {
	version string
	// maintainer answers for the packages, as Debian writes it.
	maintainer string
	// date is when it was committed; everything bears it.
	date     time.Time
	programs []program
	// man are the manual pages.
	man tree
	// contrib are the alerts for Prometheus and the dashboard for Grafana.
	contrib tree
	// bash, zsh and fish are the completions.
	bash, zsh, fish []byte
	// readme, licence and changelog are the files of the module's directory,
	// licences those of all that is linked into the program.
	readme, licence, changelog, licences []byte
}

func (r *release) readTexts() (err error) {
	for name, into := range map[string]*[]byte{"README.md": &r.readme, "LICENSE": &r.licence, "CHANGELOG.md": &r.changelog} {
		if *into, err = os.ReadFile(name); err != nil {
			return err
		}
	}
	const contrib = "cmd/registrar/contrib"
	entries, err := os.ReadDir(contrib)
	if err != nil {
		return err
	}
	for _, e := range entries {
		text, err := os.ReadFile(filepath.Join(contrib, e.Name()))
		if err != nil {
			return err
		}
		r.contrib.add(e.Name(), text)
	}
	return nil
}

// files are those of the release: for each platform an archive and its bill of
// materials, for Linux also a package and an image.
func (r *release) files() (tree, error) {
	var all tree
	for _, p := range r.programs {
		name := "registrar-" + r.version + "-" + p.String()
		archive, err := r.archive(p, name)
		if err != nil {
			return nil, err
		}
		all.add(name+".tar.gz", archive)
		bill, err := r.bill(p)
		if err != nil {
			return nil, err
		}
		all.add(name+".cdx.json", bill)
		if p.os != "linux" {
			continue
		}
		deb, err := r.deb(p)
		if err != nil {
			return nil, err
		}
		all.add("registrar_"+debVersion(r.version, r.date)+"_"+p.arch+".deb", deb)
		image, err := r.image(p)
		if err != nil {
			return nil, err
		}
		all.add(name+".oci.tar", image)
	}
	return all, nil
}

// archive is for those who install by hand: all in one directory.
func (r *release) archive(p program, dir string) ([]byte, error) {
	t := append(r.man.below("man/man1"), r.contrib.below("contrib")...)
	t.addProgram("registrar", p.data)
	t.add("README.md", r.readme)
	t.add("LICENSE", r.licence)
	t.add("LICENSES-THIRD-PARTY", r.licences)
	t.add("CHANGELOG.md", r.changelog)
	t.add("completions/registrar.bash", r.bash)
	t.add("completions/_registrar", r.zsh)
	t.add("completions/registrar.fish", r.fish)
	all, err := t.below(dir).tar("", r.date)
	return zip(all), err
}
