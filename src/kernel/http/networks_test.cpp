#include "kernel/http/networks.h"

#include <gtest/gtest.h>

namespace sj::http {
namespace {

Networks nets(const std::vector<std::string>& texts) {
  return Networks::parse(texts).value();
}

TEST(Networks, HoldTheirAddresses) {
  const Networks some = nets({"10.0.0.0/9", "192.168.7.3", "fd00:1::/33", "::1"});
  for (const char* inside :
       {"10.0.0.1", "10.127.255.255", "::ffff:10.1.1.1", "192.168.7.3", "fd00:1:7fff::1", "::1"}) {
    EXPECT_TRUE(some.contain(inside)) << inside;
  }
  for (const char* outside : {"10.128.0.0", "192.168.7.4", "fd00:1:8000::1", "::2", "", "a.b",
                              "10.0.0.1:80", "::ffff:11.1.1.1"}) {
    EXPECT_FALSE(some.contain(outside)) << outside;
  }
  EXPECT_TRUE(nets({"9.0.0.0/8"}).contain("9.9.9.9"));
  EXPECT_FALSE(nets({"32.0.0.0/8"}).contain("2001:db8::1")) << "only IPv4";
  EXPECT_FALSE(nets({}).contain("127.0.0.1"));
}

TEST(Networks, SayWhatTheyCannotRead) {
  for (const char* bad : {"", "proxy.example", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "::/129",
                          "10.0.0.0/8 ", "/8"}) {
    const auto read = Networks::parse({"10.0.0.1", bad});
    ASSERT_FALSE(read.ok()) << bad;
    EXPECT_EQ(read.error().code, "http.bad_network");
  }
}

TEST(Networks, AreNeverEverybody) {
  for (const char* wide : {"0.0.0.0/0", "::/0", "128.0.0.0/1", "10.0.0.0/7", "::ffff:0.0.0.0/96",
                           "::/64", "8000::/1"}) {
    const auto read = Networks::parse({wide});
    ASSERT_FALSE(read.ok()) << wide;
    EXPECT_EQ(read.error().code, "http.bad_network");
  }
  EXPECT_TRUE(Networks::parse({"10.0.0.0/8", "fc00::/7", "::1", "0.0.0.0"}).ok());
}

TEST(Networks, KnowThisMachine) {
  for (const char* own : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_TRUE(is_loopback(own)) << own;
  }
  for (const char* other : {"128.0.0.1", "::2", "", "localhost"}) {
    EXPECT_FALSE(is_loopback(other)) << other;
  }
}

TEST(Networks, BelieveOnlyWhatTheirProxiesSaw) {
  struct Case {
    const char* peer;
    std::vector<const char*> forwarded;
    const char* sender;
  };
  const std::vector<Case> cases = {
      {"9.9.9.9", {"1.1.1.1"}, "9.9.9.9"},  // no proxy of ours
      {"10.0.0.1", {}, "10.0.0.1"},
      {"10.0.0.1", {"1.1.1.1"}, "1.1.1.1"},
      {"10.0.0.1", {"7.7.7.7, 1.1.1.1"}, "1.1.1.1"},    // the first is the client's own word
      {"10.0.0.1", {"7.7.7.7", "1.1.1.1"}, "1.1.1.1"},  // two headers
      {"10.0.0.1", {"7.7.7.7, 1.1.1.1, 10.0.0.2"}, "1.1.1.1"},  // through two proxies
      {"10.0.0.1", {"10.0.0.3"}, "10.0.0.3"},                   // a proxy asks for itself
      {"10.0.0.1", {"1.1.1.1:4711"}, "1.1.1.1"},
      {"10.0.0.1", {"[2001:db8::7]:4711"}, "2001:db8::7"},
      {"10.0.0.1", {"[2001:db8::7]"}, "2001:db8::7"},
      {"10.0.0.1", {"2001:db8::7"}, "2001:db8::7"},
      {"10.0.0.1", {"1.1.1.1, unknown"}, "10.0.0.1"},  // what the proxy wrote says nothing
      {"10.0.0.1", {"1.1.1.1, [::1"}, "10.0.0.1"},
      {"10.0.0.1", {""}, "10.0.0.1"},
      {"10.0.0.1", {"unknown, 10.0.0.2"}, "10.0.0.2"},
      {"::ffff:10.0.0.1", {"1.1.1.1"}, "1.1.1.1"},
  };
  const Networks proxies = nets({"10.0.0.0/24"});
  for (const Case& one : cases) {
    std::vector<Header> headers = {{"Host", "a"}};
    for (const char* value : one.forwarded) headers.push_back({"x-forwarded-FOR", value});
    EXPECT_EQ(sender_of(proxies, one.peer, headers), one.sender)
        << one.peer << " " << (one.forwarded.empty() ? "" : one.forwarded[0]);
  }
}

}  // namespace
}  // namespace sj::http
