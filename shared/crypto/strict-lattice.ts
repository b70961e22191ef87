/** FIPS 203 §4: the field of ML-KEM. */
const Q = 3329;
/** ML-KEM-768: three polynomials with 256 coefficients of 12 bits each. After them comes the seed ρ. */
const ENCODED_VECTOR = 3 * 384;

/** The modulus check of FIPS 203 §7.2: every coefficient of an ML-KEM-768 encapsulation key is below q. */
export function isReducedEncapsulationKey(publicKey: Uint8Array): boolean {
  for (let at = 0; at < ENCODED_VECTOR; at += 3) {
    const low = publicKey[at] ?? 0xff;
    const middle = publicKey[at + 1] ?? 0xff;
    const high = publicKey[at + 2] ?? 0xff;
    if ((low | ((middle & 15) << 8)) >= Q || ((middle >> 4) | (high << 4)) >= Q) return false;
  }
  return true;
}
