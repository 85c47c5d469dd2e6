#pragma once
// URLs that lead, or may lead, to a machine of ours while they look like something else. One table for both doors: the
// registry refuses a document with one (services/registry/tests), the connector sends nothing there (libs/http/tests).

namespace kassaflow::tests {

struct RefusedUrl {
  const char* url;
  const char* why;           // a piece of what people are told
  bool also_private = true;  // also where private endpoints are allowed
};

inline constexpr const char* kWayOutPublic = "name a public address";
inline constexpr const char* kWayOutFour = "as four decimal numbers";
inline constexpr const char* kWayOutLetters = "in letters, digits, hyphens and dots";
inline constexpr const char* kWayOutIpv4 = "write the IPv4 address itself";
inline constexpr const char* kWayOutAbsolute = "an absolute http(s) URL";

inline constexpr RefusedUrl kRefusedUrls[] = {
    // Loopback, private, reserved.
    {"http://127.0.0.1/", kWayOutPublic, false},
    {"http://127.255.255.254:44735/", kWayOutPublic, false},
    {"http://10.1.2.3/", kWayOutPublic, false},
    {"http://172.16.0.1/", kWayOutPublic, false},
    {"http://192.168.1.1/", kWayOutPublic, false},
    {"http://100.64.0.1/", kWayOutPublic, false},
    {"http://169.254.169.254/latest/meta-data/", kWayOutPublic, false},
    {"http://192.0.0.192/", kWayOutPublic, false},
    {"http://198.18.0.1/", kWayOutPublic, false},
    {"http://255.255.255.255/", kWayOutPublic, false},
    {"http://240.0.0.1/", kWayOutPublic, false},
    {"http://0.0.0.0/", kWayOutPublic},
    {"http://224.0.0.1/", kWayOutPublic},
    {"http://[::]/", kWayOutPublic},
    {"http://[::1]/", kWayOutPublic, false},
    {"http://[0:0:0:0:0:0:0:1]/", kWayOutPublic, false},
    {"http://[fe80::1]/", kWayOutPublic, false},
    {"http://[fc00::1]/", kWayOutPublic, false},
    {"http://[fd00:ec2::254]/", kWayOutPublic, false},
    {"http://[ff02::1]/", kWayOutPublic},
    {"http://[4000::1]/", kWayOutPublic, false},
    {"http://localhost/", kWayOutPublic, false},
    {"http://LocalHost:8080/", kWayOutPublic, false},
    {"http://kkt.localhost/", kWayOutPublic, false},
    // IPv4 by other numbers.
    {"http://127.1/", kWayOutFour},
    {"http://127.0.1/", kWayOutFour},
    {"http://0/", kWayOutFour},
    {"http://2130706433/", kWayOutFour},
    {"http://0x7f.1/", kWayOutFour},
    {"http://0x7f000001/", kWayOutFour},
    {"http://0X7F.0.0.0X1/", kWayOutFour},
    {"http://017700000001/", kWayOutFour},
    {"http://0177.0.0.1/", kWayOutFour},
    {"http://127.0.0.01/", kWayOutFour},
    {"http://127.0.0.256/", kWayOutFour},
    {"http://127.0.0.1.1/", kWayOutFour},
    {"http://8.8.8.0x8/", kWayOutFour},
    {"http://example.ru.1/", kWayOutFour},
    // IPv4 inside IPv6: mapped, compatible, NAT64, 6to4, Teredo.
    {"http://[::ffff:127.0.0.1]/", kWayOutIpv4},
    {"http://[::ffff:7f00:1]/", kWayOutIpv4},
    {"http://[0:0:0:0:0:FFFF:10.0.0.1]/", kWayOutIpv4},
    {"http://[::ffff:8.8.8.8]/", kWayOutIpv4},
    {"http://[::127.0.0.1]/", kWayOutIpv4},
    {"http://[64:ff9b::7f00:1]/", kWayOutIpv4},
    {"http://[64:ff9b::10.0.0.1]/", kWayOutIpv4},
    {"http://[64:ff9b:1::a00:1]/", kWayOutIpv4},
    {"http://[2002:7f00:1::1]/", kWayOutIpv4},
    {"http://[2001:0:a00:1::1]/", kWayOutIpv4},
    {"http://[2001::1]/", kWayOutIpv4},
    // Escapes, zones, dots, alphabets.
    {"http://%31%32%37.0.0.1/", kWayOutLetters},
    {"http://127.0.0.1%00.example.ru/", kWayOutLetters},
    {"http://example.ru%00/", kWayOutLetters},
    {"http://example%2eru/", kWayOutLetters},
    {"http://[fe80::1%25eth0]/", kWayOutAbsolute},
    {"http://[fe80::1%eth0]/", kWayOutAbsolute},
    {"http://[v1.127.0.0.1]/", kWayOutLetters},
    {"http://127.0.0.1./", "must not end its host with a dot"},
    {"http://localhost./", "must not end its host with a dot"},
    {"http://example.ru./", "must not end its host with a dot"},
    {"http://example..ru/", "of parts of 1 to 63 characters"},
    {"http://.example.ru/", "of parts of 1 to 63 characters"},
    {"http://\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x97.0.0.1/", kWayOutAbsolute},  // full-width digits
    {"http://%EF%BC%91%EF%BC%92%EF%BC%97.0.0.1/", kWayOutLetters},
    {"http://127\xE3\x80\x82"
     "0\xE3\x80\x82"
     "0\xE3\x80\x82"
     "1/",
     kWayOutAbsolute},                                                       // ideographic dots
    {"http://%E2%93%9Bocalhost/", kWayOutLetters},                           // a circled letter
    {"http://\xD0\xBA\xD0\xBA\xD1\x82.\xD1\x80\xD1\x84/", kWayOutAbsolute},  // ккт.рф, which is xn--…
    {"http://example.ru,127.0.0.1/", kWayOutLetters},
    {"http://(127.0.0.1)/", kWayOutLetters},
    // Another host than it seems.
    {"http://example.ru@127.0.0.1/", "leave out what stands before @"},
    {"http://user:password@example.ru/", "leave out what stands before @"},
    {"http://@example.ru/", "leave out what stands before @"},
    {"http://example.ru\\@127.0.0.1/", kWayOutAbsolute},
    {"http://127.0.0.1 .example.ru/", kWayOutAbsolute},
    {"http://example.ru:0/", "a port from 1 to 65535"},
    {"http://example.ru:65616/", "a port from 1 to 65535"},
    {"http://example.ru:/", "a port from 1 to 65535"},
    {"http:127.0.0.1/", "must name a host"},
    {"http:///127.0.0.1/", "must name a host"},
    {"//127.0.0.1/", kWayOutAbsolute},
    {"file:///etc/passwd", kWayOutAbsolute},
    {"gopher://127.0.0.1/", kWayOutAbsolute},
};

inline constexpr const char* kAcceptedUrls[] = {
    "https://qapi.itkassa.ru/open/api/v1",
    "http://203.0.113.10:44736",
    "http://8.8.8.8/",
    "http://172.32.0.1/",
    "https://[2a00:1450:4010:c0f::71]:8443/x",
    "http://shop.example.ru:44735/",
    "http://Kkt_1.EXAMPLE.ru/a%00b?c=%2F",
    "http://xn--j1aah.xn--p1ai/",
    "http://1c.example.ru/",
    "http://127.0.0.1.example.ru/",  // a name: what it leads to is judged when it is called
    "http://0x7f.example/",
    "http://b24-demo.bitrix24.ru/rest/1/abc/",
};

}  // namespace kassaflow::tests
