package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"net/http"
	"sync"
	"time"
)

// KeySet holds the gateway's keys. It asks for them again after five minutes. For a key that it does not know, it
// asks at most every ten seconds.
type KeySet struct {
	URL   string // https://wiki.apps.example.com/.well-known/rustronaut/jwks.json
	mutex sync.Mutex
	asked time.Time
	keys  map[string]*ecdsa.PublicKey
}

var client = http.Client{Timeout: 5 * time.Second}

// Find returns the key of an id.
func (s *KeySet) Find(id string) (*ecdsa.PublicKey, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	age := time.Since(s.asked)
	if _, known := s.keys[id]; age > 5*time.Minute || !known && age > 10*time.Second {
		s.asked = time.Now()
		// While the gateway does not answer, the known keys hold on.
		if keys, err := fetch(s.URL); err == nil {
			s.keys = keys
		}
	}
	if key, known := s.keys[id]; known {
		return key, nil
	}
	return nil, errors.New("the gateway has no such key")
}

func fetch(url string) (map[string]*ecdsa.PublicKey, error) {
	response, err := client.Get(url)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	var set struct {
		Keys []struct{ Kid, Alg, X, Y string }
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, response.Body, 1<<20)).Decode(&set); err != nil {
		return nil, err
	}
	keys := map[string]*ecdsa.PublicKey{}
	for _, jwk := range set.Keys {
		x, errX := base64.RawURLEncoding.DecodeString(jwk.X)
		y, errY := base64.RawURLEncoding.DecodeString(jwk.Y)
		if jwk.Alg != "ES256" || errX != nil || errY != nil {
			continue
		}
		key := ecdsa.PublicKey{Curve: elliptic.P256(), X: new(big.Int).SetBytes(x), Y: new(big.Int).SetBytes(y)}
		if key.Curve.IsOnCurve(key.X, key.Y) {
			keys[jwk.Kid] = &key
		}
	}
	return keys, nil
}
