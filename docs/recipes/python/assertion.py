"""Says who sent a request, by the gateway's assertion. Needs PyJWT 2.6 or newer with cryptography: on Debian
`apt install python3-jwt python3-cryptography`, elsewhere `pip install 'pyjwt[crypto]'`."""

import base64
import hashlib

import jwt

FEW_SECONDS = 5


class Assertions:
    """
    issuer:   the network's sign-in origin: https://auth.example.com
    audience: the app's audience: app_…
    keys:     where the gateway's keys are: https://wiki.apps.example.com/.well-known/rustronaut/jwks.json
    origin:   the app's origin as browsers see it: https://wiki.apps.example.com
    """

    def __init__(self, issuer: str, audience: str, keys: str, origin: str):
        self.issuer, self.audience, self.origin = issuer, audience, origin
        self.keys = jwt.PyJWKClient(keys, lifespan=300)

    def caller_of(self, method: str, target: str, assertion: str) -> dict:
        """The claims about the caller. Raises jwt.PyJWTError if the gateway did not send exactly this request to this
        application, within the last minute."""
        if jwt.get_unverified_header(assertion).get("typ") != "rustronaut-assertion+jwt":
            raise jwt.InvalidTokenError("this is another kind of token")
        claims = jwt.decode(
            assertion,
            self.keys.get_signing_key_from_jwt(assertion).key,
            algorithms=["ES256"],
            issuer=self.issuer,
            audience=self.audience,
            leeway=FEW_SECONDS,
            options={"require": ["exp", "iss", "aud", "sub", "jti"]},
        )
        if claims.get("htm") != method or not is_for(claims, self.origin + target.split("?")[0]):
            raise jwt.InvalidTokenError(f"the assertion is for {claims.get('htm')} {claims.get('htu')}")
        return claims


def is_for(claims: dict, url: str) -> bool:
    """A long URL is in the assertion as its hash."""
    if "htu" in claims:
        return claims["htu"] == url
    digest = base64.urlsafe_b64encode(hashlib.sha256(url.encode()).digest()).decode().rstrip("=")
    return claims.get("htu_sha256") == digest
