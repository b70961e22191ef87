// An application that says hello to whoever the gateway says is there. It needs Go's standard library only.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	expected := Expected{
		Issuer:   os.Getenv("RUSTRONAUT_ISSUER"),
		Audience: os.Getenv("RUSTRONAUT_AUDIENCE"),
		Origin:   os.Getenv("RUSTRONAUT_ORIGIN"),
		Keys:     &KeySet{URL: os.Getenv("RUSTRONAUT_KEYS")},
	}
	hello := func(w http.ResponseWriter, r *http.Request) {
		claims, err := expected.CallerOf(r.Method, r.RequestURI, r.Header.Get("X-Rustronaut-Jwt-Assertion"))
		if err != nil {
			log.Print(err)
			http.Error(w, "Open this application through the gateway.", http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, "Hello %s\n", claims.Email)
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.HandlerFunc(hello)))
}
