/// Certificates of an authority that nothing but these tests trusts. Its key was thrown away; the leaves share one.
///
/// Made with openssl: P-256 keys by `openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt`,
/// each certificate by `openssl ca -startdate 20200101000000Z -enddate 29990101000000Z` (`-selfsign` for the authority)
/// with the extension that stands at it; `expired` ends in 2021.
enum TestCertificates {
    /// `basicConstraints=critical,CA:TRUE`, `keyUsage=critical,keyCertSign`
    static let authority = """
        -----BEGIN CERTIFICATE-----
        MIIBczCCARmgAwIBAgIBATAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVTaXBob24g
        dGVzdCBhdXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgPMjk5OTAxMDEwMDAwMDBa
        MCAxHjAcBgNVBAMMFVNpcGhvbiB0ZXN0IGF1dGhvcml0eTBZMBMGByqGSM49AgEG
        CCqGSM49AwEHA0IABFBh+UcRR/XPrsLtAKHCIdagtYbAm3EC6FgeKjrmCebsVlxF
        M5AFi1KvQgIL097J/7/hrGyfS3tA99ZUEM+cv5ajQjBAMA8GA1UdEwEB/wQFMAMB
        Af8wDgYDVR0PAQH/BAQDAgIEMB0GA1UdDgQWBBRxXtZNJy+Dk2QcBlfY20FRNhNK
        YjAKBggqhkjOPQQDAgNIADBFAiEA0SCm+ELQJ9mdo7PJxA7NQRa9PdTZS2ENhANA
        T/PKLQ8CIEpsusSTQoA/B3aSeER5CmZaAgMcwseqO9uSqJvY2MRh
        -----END CERTIFICATE-----
        """

    /// `subjectAltName=DNS:localhost,DNS:*.wild.test,IP:127.0.0.1`
    static let server = """
        -----BEGIN CERTIFICATE-----
        MIIBkDCCATagAwIBAgIBAjAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVTaXBob24g
        dGVzdCBhdXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgPMjk5OTAxMDEwMDAwMDBa
        MBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
        BOljgRSt6I35n1ipSjUSJcWfGBNiz7g0tkp046bye06S1IEVHZNeOnGNLQ4uLQEm
        Q2TdGFDXUkIVc2P5Sc5FEoujazBpMCcGA1UdEQQgMB6CCWxvY2FsaG9zdIILKi53
        aWxkLnRlc3SHBH8AAAEwHQYDVR0OBBYEFMmXribukDHqUJ5LlCUjkVB3BP3MMB8G
        A1UdIwQYMBaAFHFe1k0nL4OTZBwGV9jbQVE2E0piMAoGCCqGSM49BAMCA0gAMEUC
        IDcc9KDRxlHODtARkKOmfq8suYEU/vqkjeHxrxCmFIICAiEA9Z1WhC/mu4p8yFpq
        FCqPMxT1KlaFfZr3tAhWqKlLUsU=
        -----END CERTIFICATE-----
        """

    /// `subjectAltName=DNS:other.test`
    static let other = """
        -----BEGIN CERTIFICATE-----
        MIIBgDCCASWgAwIBAgIBAzAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVTaXBob24g
        dGVzdCBhdXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgPMjk5OTAxMDEwMDAwMDBa
        MBUxEzARBgNVBAMMCm90aGVyLnRlc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
        AATpY4EUreiN+Z9YqUo1EiXFnxgTYs+4NLZKdOOm8ntOktSBFR2TXjpxjS0OLi0B
        JkNk3RhQ11JCFXNj+UnORRKLo1kwVzAVBgNVHREEDjAMggpvdGhlci50ZXN0MB0G
        A1UdDgQWBBTJl64m7pAx6lCeS5QlI5FQdwT9zDAfBgNVHSMEGDAWgBRxXtZNJy+D
        k2QcBlfY20FRNhNKYjAKBggqhkjOPQQDAgNJADBGAiEAqcKTN9fZlb3hXswrD35c
        27lOMC62EaESTi9q4GJ3Q5YCIQCm+0uvQcJGusuwGO2h0TS3zMKTKeo26Hymtpyi
        FQbm8g==
        -----END CERTIFICATE-----
        """

    /// As `server`.
    static let expired = """
        -----BEGIN CERTIFICATE-----
        MIIBjTCCATSgAwIBAgIBBDAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVTaXBob24g
        dGVzdCBhdXRob3JpdHkwHhcNMjAwMTAxMDAwMDAwWhcNMjEwMTAxMDAwMDAwWjAU
        MRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATp
        Y4EUreiN+Z9YqUo1EiXFnxgTYs+4NLZKdOOm8ntOktSBFR2TXjpxjS0OLi0BJkNk
        3RhQ11JCFXNj+UnORRKLo2swaTAnBgNVHREEIDAegglsb2NhbGhvc3SCCyoud2ls
        ZC50ZXN0hwR/AAABMB0GA1UdDgQWBBTJl64m7pAx6lCeS5QlI5FQdwT9zDAfBgNV
        HSMEGDAWgBRxXtZNJy+Dk2QcBlfY20FRNhNKYjAKBggqhkjOPQQDAgNHADBEAiAn
        l4w+KeHrwI5Gxpp1z0d4z08OPtYiUpl8hjAG8nerxQIgL0w34iTI5Sqry2UfI2P8
        ex6d/fgc6HnaOW7DUna3nH8=
        -----END CERTIFICATE-----
        """

    /// `extendedKeyUsage=clientAuth`
    static let client = """
        -----BEGIN CERTIFICATE-----
        MIIBfTCCASSgAwIBAgIBBTAKBggqhkjOPQQDAjAgMR4wHAYDVQQDDBVTaXBob24g
        dGVzdCBhdXRob3JpdHkwIBcNMjAwMTAxMDAwMDAwWhgPMjk5OTAxMDEwMDAwMDBa
        MBYxFDASBgNVBAMMC3Rlc3QgY2xpZW50MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcD
        QgAE6WOBFK3ojfmfWKlKNRIlxZ8YE2LPuDS2SnTjpvJ7TpLUgRUdk146cY0tDi4t
        ASZDZN0YUNdSQhVzY/lJzkUSi6NXMFUwEwYDVR0lBAwwCgYIKwYBBQUHAwIwHQYD
        VR0OBBYEFMmXribukDHqUJ5LlCUjkVB3BP3MMB8GA1UdIwQYMBaAFHFe1k0nL4OT
        ZBwGV9jbQVE2E0piMAoGCCqGSM49BAMCA0cAMEQCICI7Wb9eXCOjLGZNJN8nsIgt
        NNCgXTlPH0yCUWG6bmPDAiAsZoFG8EF/frgFhoVQeamBSerJHi8yoEoU8w459Uc8
        ig==
        -----END CERTIFICATE-----
        """

    /// Of all but the authority.
    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgsTiQKIw6/csscClK
        T465gvS5qzoTu8uxp3x7DaPNkfehRANCAATpY4EUreiN+Z9YqUo1EiXFnxgTYs+4
        NLZKdOOm8ntOktSBFR2TXjpxjS0OLi0BJkNk3RhQ11JCFXNj+UnORRKL
        -----END PRIVATE KEY-----
        """
}
