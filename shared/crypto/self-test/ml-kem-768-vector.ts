/**
 * ML-KEM-768 from the seed 00 01 … 3f, in base64url: the SHA-256 of the public key, an encapsulation of the
 * message 00 01 … 1f, its secret, and the secret for the same ciphertext with the first bit flipped (implicit
 * rejection).
 */
export const ML_KEM_768_PUBLIC_KEY_HASH = "C3k0yDElx4iZXiumvXYeMwRrPkBXG-U-AjMJop85jMk";
export const ML_KEM_768_CIPHERTEXT =
  "cUlhrsiLsGI-tbADRRyj5M7-acnz1qONnBU4BninFz10NFhpO3UCxfMnvoSr7zKutHNclrFyTStHyqlDz-hawu5lFRODXsHaB5XJ" +
  "3D1O97R98KHBEn4iut7Y7OvxuNv_N38dHLOyQ87e4aoP54WwYW3mRnxTRW3SJ1vU4T1Zp3t7bFkeC7oBKoFMOn1H5dJ--m6Rlvpt" +
  "wHfYa-j7PyOq2Sy2pQqDlG_L_aSU1mJ_jP9MSuMMU2N9_e1NZdDywC-KesyRPWWtM9TdiBAPYUS6WOLFQ_uwIX6CQgh0uYFFiht5" +
  "unIl7-pbzjZtj6o9Fn5Vb_POk3hI_fH1S-YeRpPd9fHorARP0ohgM8vPuooT1TZjsngVz30uiGBJFU_II0WGE3G4bmUwP3Q22UVA" +
  "B5mdlbsTqoVhxXFrZuB04TsKL2WJzCONOYvX6utA2XzsjEYE_YQnjiziW1BTLaBmz3PBG85rpjP24YSj7GIkmStVd93DDibe0s3D" +
  "RQrcCJXWu634JkiqKpbVQsOzI1WIX3iAeSXTgSdEEwgpKLUJ_Bu0KEHFs-Gp6ofbTsSAK0L8Q2bv6n52rYCP3It0_co8op-8nhaj" +
  "S312OgIh_pWalYS1N-GRG37y20Oqe-mgW9ylvCgDJvm1V5Eqf2Y9iaYzVO_QoL3sPpRdBXb8A8bvAKWZREpPx3M4GQb66kpZTwxs" +
  "tU_NkVhHJVMis_c9zKKCvO1b8TbFaP2q2GteH_A1A6QeciaxgR1p8P5HaoTIybwVs8M5UM3uj9Qc5IXHVJgv__J9eh-jcqzZsOv0" +
  "7xEgEasQf3xG2AZq2GNRmg0viU6lruBVZ-dgv7EHn2i05-7cG_IrSmq9S08VZ3QlusYG9vZOSsdT5cmW-kn3tDipURoVUHtw5nmH" +
  "fe-W01phz1Pwqy7OrtZtrNjnOy39fgApf7mtEXI61TTmUu89_gzxNy6Y_0KZA3OngACH8-cwBhHMztA4dVlo_wpw_wOXdq_Mj_zZ" +
  "zCojTJlbjbm4fMepWK4Tp9iuUFXmLJu3tpgxj_EpKnTzYC-DiFXHxAFsG1fcWzRdnNYJRZo0iJV23LFiBja7QGM2GmwrpYZgqsrz" +
  "ZOIXlGnJNof-bi10wBvEUGn3pZ-n4RqT25mIuTuCw_cfz8pn20CKAWa0xGyxRBZ57WoM4DFweDHli50yPMDmlurphWU2rs_6HZ8K" +
  "tinPJC3coyhp5dtZ4EnY5--mBLPoWeGq1szCCJB5RyEJKPknaO78b946MIjexjMZwC92iP22TTyJeHgFCJw-aPLVyt7UVrXXuXZr" +
  "bk-9QUNUuvPgdZ2rJHufgnHDjsbgHTZJpiwpe1zZqnV-x3AaDyv9ThWwMxu8trC7kZaHXiZchr0UK-rRyt2plxLePz0N-smg3-Q8" +
  "dmSYeUl_TP1OHF5oTo_ze6zI1hj2WnALQfAXCGeYL1pox1xlFQ4";
export const ML_KEM_768_SECRET = "QvVYsLxdcAqRGw_Gf2I3b3ruRmfxlp4D8Yvf3zxZ-9w";
export const ML_KEM_768_REJECTED_SECRET = "nlFWLppYHFwZcQ3TFXwFgu3mj_vwdp7FOtfkOdGpvuw";
