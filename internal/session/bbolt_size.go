package session

import (
	"os"

	bolt "go.etcd.io/bbolt"
)

// Size returns the bytes of the file and the number of records in each bucket,
// expired ones that were not swept yet among them. It walks the small pages that
// hold the times, not the records.
func (s *Bolt) Size() (bytes int64, records map[Bucket]int, err error) {
	info, err := os.Stat(s.path)
	if err != nil {
		return 0, nil, err
	}
	records = map[Bucket]int{}
	err = s.db.View(func(tx *bolt.Tx) error {
		for _, b := range buckets() {
			records[b] = tx.Bucket(times(b)).Stats().KeyN
		}
		return nil
	})
	return info.Size(), records, err
}
