package handlespace

// BlobRoom is how many bytes the places of all blobs take, held or free.
func (h *Handlespace) BlobRoom() (room int) {
	for _, p := range h.blobs.sizes {
		for _, page := range p.pages {
			room += len(page)
		}
	}
	return room
}
