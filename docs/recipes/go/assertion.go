package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"strings"
	"time"
)

const fewSeconds = 5

// Expected is what an application demands of an assertion.
type Expected struct {
	Issuer   string // the network's sign-in origin: https://auth.example.com
	Audience string // the app's audience: app_…
	Origin   string // the app's origin as browsers see it: https://wiki.apps.example.com
	Keys     *KeySet
}

// Claims are what the gateway says of the caller and of the request.
type Claims struct {
	Issuer    string   `json:"iss"`
	Audience  string   `json:"aud"`
	Subject   string   `json:"sub"`
	Email     string   `json:"email"`
	Groups    []string `json:"groups"`
	NotBefore int64    `json:"nbf"`
	Expires   int64    `json:"exp"`
	Method    string   `json:"htm"`
	URL       string   `json:"htu"`
	URLHash   string   `json:"htu_sha256"`
}

// CallerOf says who sent a request. It fails if the gateway did not send exactly this request to this application,
// within the last minute. target is the request's target as it was sent: r.RequestURI.
func (e Expected) CallerOf(method, target, assertion string) (*Claims, error) {
	parts := strings.Split(assertion, ".")
	if len(parts) != 3 {
		return nil, errors.New("there is no assertion")
	}
	var head struct{ Alg, Typ, Kid string }
	if decode(parts[0], &head) != nil || head.Alg != "ES256" || head.Typ != "rustronaut-assertion+jwt" {
		return nil, errors.New("this is another kind of token")
	}
	key, err := e.Keys.Find(head.Kid)
	if err != nil {
		return nil, err
	}
	if !isSigned(key, parts[0]+"."+parts[1], parts[2]) {
		return nil, errors.New("the signature is wrong")
	}
	var claims Claims
	if err := decode(parts[1], &claims); err != nil {
		return nil, err
	}
	return &claims, e.check(&claims, method, target)
}

func (e Expected) check(c *Claims, method, target string) error {
	now := time.Now().Unix()
	url := e.Origin + strings.SplitN(target, "?", 2)[0]
	hash := sha256.Sum256([]byte(url))
	switch {
	case c.Issuer != e.Issuer || c.Audience != e.Audience || c.Subject == "":
		return errors.New("the assertion is for another application")
	case now < c.NotBefore-fewSeconds || now >= c.Expires+fewSeconds:
		return errors.New("the assertion has ended, or the clocks differ")
	// A long URL is in the assertion as its hash.
	case c.Method != method || c.URL != url && c.URLHash != base64.RawURLEncoding.EncodeToString(hash[:]):
		return errors.New("the assertion is for another request")
	}
	return nil
}

// isSigned verifies a signature of ES256 (RFC 7518 §3.4): R and S, 32 bytes each.
func isSigned(key *ecdsa.PublicKey, text, signature string) bool {
	bytes, err := base64.RawURLEncoding.DecodeString(signature)
	if err != nil || len(bytes) != 64 || key.Curve != elliptic.P256() {
		return false
	}
	digest := sha256.Sum256([]byte(text))
	return ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(bytes[:32]), new(big.Int).SetBytes(bytes[32:]))
}

func decode(part string, into any) error {
	bytes, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(bytes, into)
}
