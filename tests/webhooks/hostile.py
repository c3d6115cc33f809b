"""URLs and addresses that have led others astray.

Every spelling of the own machine that something reads as such, every host that two parsers read differently,
and every block of addresses that is not a place of the public internet.
"""

NOT_PUBLIC = [
    # own machine, own network, own link
    *("127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "::1", "::"),
    *("10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "fc00::1", "fd00:ec2::254"),
    *("169.254.169.254", "169.254.0.1", "fe80::1", "febf::1", "fe80::1%1"),
    *("100.64.0.1", "100.100.100.200", "100.127.255.255"),
    *("fec0::1", "feff::1"),
    # IPv4 in IPv6, translated or tunnelled
    *("::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "64:ff9b:1::7f00:1"),
    *("2002:7f00:1::", "2002:7f00:1::1", "2002:808:808::1", "2002:a9fe:a9fe::"),
    *("2001::1", "2001:0:7f00:1::", "2001:0:808:808::"),
    # protocols, documentation, benchmarks, reserved
    *("192.0.0.1", "192.0.0.8", "192.0.0.9", "192.0.0.170", "192.0.0.192", "192.88.99.1"),
    *("192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1", "3fff:fff:ffff::1"),
    *("198.18.0.1", "198.19.255.255", "2001:2::1", "2001:10::1", "2001:20::1", "2001:1::1", "2001:1ff::1"),
    *("192.31.196.1", "192.52.193.1", "192.175.48.1", "2620:4f:8000::1"),
    *("240.0.0.1", "254.0.0.1", "255.255.255.255", "100::1", "5f00::1", "4000::1", "8000::1"),
    # many at once
    *("224.0.0.1", "239.255.255.250", "ff02::1", "ff05::2", "ff0e::1"),
    # a cloud's own host behind a public address
    "168.63.129.16",
]

PUBLIC = [
    *("1.1.1.1", "8.8.8.8", "93.184.216.34", "223.255.255.254", "172.32.0.1", "100.128.0.1", "192.0.1.1"),
    *("2606:4700:4700::1111", "2001:4860:4860::8888", "2a00:1450:4001::1", "2001:200::1"),
]

HOSTILE = [
    # the own machine in other words
    *("https://127.1/", "https://127.0.1/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0/"),
    *("https://2130706433/", "https://017700000001/", "https://0177.0.0.1/", "https://127.0.0.1./"),
    *("https://127.0.0.0x1/", "https://0x/", "https://1.2.3/", "https://1.2.3.4.5/", "https://8.8.8.08/"),
    *("https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/"),
    *("https://localhost/", "https://LOCALHOST/", "https://hooks.localhost/", "https://localhost./"),
    *("https://metadata/", "https://intranet/", "https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/"),
    # letters that something turns into digits and dots
    *(
        "https://\uff11\uff12\uff17.0.0.1/",
        "https://127。0。0。1/",
        "https://ⓛocalhost/",
        "https://①②⑦.0.0.1/",
    ),
    *("https://bücher.example/", "https://hooks.example.com\u2044@127.0.0.1/"),
    # hosts that two parsers read differently
    *(
        "https://user@hooks.example.com/",
        "https://user:word@hooks.example.com/",
        "https://@hooks.example.com/",
    ),
    *("https://hooks.example.com@127.0.0.1/", "https://127.0.0.1\\@hooks.example.com/"),
    *("https://hooks.example.com\\@127.0.0.1/", "https://hooks.example.com:443@127.0.0.1/"),
    *("https://hooks.example.com#@127.0.0.1/", "https://127.0.0.1#hooks.example.com/"),
    *("https:/hooks.example.com/", "https:hooks.example.com/", "https:///hooks.example.com/", "//h.example/"),
    *("https:\\\\hooks.example.com/", "https://hooks.example.com\\x/", "https://hooks.example.com/\\x"),
    *("https://hooks%2eexample.com/", "https://%31%32%37.0.0.1/", "https://hooks.example.com%00.x/"),
    *("https://[::1]hooks.example.com/", "https://[hooks.example.com]/", "https://[::1/", "https://::1/"),
    *("https://[]/", "https:///", "https://", "https://?x", "https://:443/", "https://./", "https://a..b/"),
    *("https://.example.com/", "https://-a.example.com/", "https://a-.example.com/", "https://a,b.example/"),
    # what does not belong into a URL
    *(
        "https://hooks.exam\tple.com/",
        "https://hooks.example.com/\r\nhost: x",
        "https://hooks.example.com/\n",
    ),
    *("https://hooks.example.com/ x", " https://hooks.example.com/", "https://hooks.example.com/\0"),
    *("https://hooks.example.com/\x7f", "https://hooks.example.com/é", "https://hooks.example.com/#x"),
    *("https://hooks.example.com/#", 'https://hooks.example.com/"', "https://hooks.example.com/<x>"),
    # other schemes
    *("http://hooks.example.com/", "HTTP://hooks.example.com/", "ftp://hooks.example.com/", "file:///etc/x"),
    *("gopher://hooks.example.com/", "javascript:alert(1)", "data:,x", "hooks.example.com", "", "https"),
    *("https+x://hooks.example.com/", "wss://hooks.example.com/", "https//hooks.example.com/"),
    # other ports
    *(f"https://hooks.example.com:{port}/" for port in (0, 1, 22, 25, 80, 444, 465, 2375, 3306, 5432)),
    *(
        f"https://hooks.example.com:{port}/"
        for port in (6379, 8080, 9200, 11211, 65535, 65536, 99999, 443_443)
    ),
    *("https://hooks.example.com:/", "https://hooks.example.com:-1/", "https://hooks.example.com:+443/"),
    *("https://hooks.example.com:443:443/", "https://hooks.example.com:44\uff13/", "https://8.8.8.8:22/"),
    # too long
    *(f"https://hooks.example.com/{'x' * 2_048}", f"https://{'x' * 64}.example.com/"),
    f"https://{'x.' * 126}example/",
]
