#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <filesystem>
#include <fstream>

#include "http/loopback_test.h"

namespace cairn::http {
namespace {

struct Deleter {
  void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
  void operator()(X509* p) const { X509_free(p); }
  void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
  void operator()(SSL* p) const { SSL_free(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Deleter>;

/// A self-signed certificate for 127.0.0.1 and its key, as PEM files.
void write_certificate(const std::string& certificate_file, const std::string& key_file) {
  const Owned<EVP_PKEY> key(EVP_RSA_gen(2048));
  const Owned<X509> certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600);
  X509_set_pubkey(certificate.get(), key.get());
  X509_NAME* name = X509_get_subject_name(certificate.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>("127.0.0.1"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_sign(certificate.get(), key.get(), EVP_sha256());
  FILE* file = fopen(certificate_file.c_str(), "w");
  PEM_write_X509(file, certificate.get());
  fclose(file);
  file = fopen(key_file.c_str(), "w");
  PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  fclose(file);
}

class Tls : public LoopbackTest {
 protected:
  Tls() {
    directory = testing::TempDir() + "tls_test_" + std::to_string(getpid());
    std::filesystem::create_directories(directory);
    options.tls_certificate_file = directory + "/certificate.pem";
    options.tls_key_file = directory + "/key.pem";
    write_certificate(options.tls_certificate_file, options.tls_key_file);
    handler.on_handle = [](const auto& exchange) {
      const std::optional<TlsInfo>& tls = exchange->peer().tls;
      exchange->respond(text_response(exchange->body().empty() ? tls->version + " " + tls->cipher_suite : exchange->body()));
    };
  }
  ~Tls() override { std::filesystem::remove_all(directory); }

  std::string directory;
};

class TlsClient {
 public:
  TlsClient(uint16_t port, int version_min, int version_max) : tcp_(port), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_security_level(context_.get(), 0);
    SSL_CTX_set_min_proto_version(context_.get(), version_min);
    SSL_CTX_set_max_proto_version(context_.get(), version_max);
    if (version_max == TLS1_2_VERSION) SSL_CTX_set_cipher_list(context_.get(), "ECDHE-RSA-AES128-GCM-SHA256");
    SSL_CTX_set_ciphersuites(context_.get(), "TLS_AES_128_GCM_SHA256");
    const unsigned char protocols[] = "\x02h2\x08http/1.1";
    SSL_CTX_set_alpn_protos(context_.get(), protocols, sizeof protocols - 1);
    session_.reset(SSL_new(context_.get()));
    SSL_set_fd(session_.get(), tcp_.fd());
    connected = SSL_connect(session_.get()) == 1;
  }

  std::string protocol() {
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(session_.get(), &name, &length);
    return std::string(reinterpret_cast<const char*>(name), length);
  }

  void send(std::string_view bytes) {
    EXPECT_EQ(SSL_write(session_.get(), bytes.data(), static_cast<int>(bytes.size())), static_cast<int>(bytes.size()));
  }

  /// The body of the next answer.
  std::string read_body() {
    std::string all;
    for (;;) {
      const size_t head = all.find("\r\n\r\n");
      if (head != std::string::npos) {
        const size_t at = all.find("Content-Length: ") + 16;
        if (all.size() - head - 4 >= std::stoul(all.substr(at))) return all.substr(head + 4);
      }
      char piece[16384];
      const int n = SSL_read(session_.get(), piece, sizeof piece);
      if (n <= 0) return "closed";
      all.append(piece, static_cast<size_t>(n));
    }
  }

  /// True when the server ended the session in form, so that nobody can have cut it.
  bool ended_in_form() {
    char c;
    return SSL_read(session_.get(), &c, 1) == 0 && SSL_get_error(session_.get(), 0) == SSL_ERROR_ZERO_RETURN;
  }

  bool connected = false;

 private:
  Client tcp_;
  Owned<SSL_CTX> context_;
  Owned<SSL> session_;
};

TEST_F(Tls, RecordsSeeVersionAndCipherByOpensslsNames) {
  const uint16_t port = start();
  TlsClient newer(port, TLS1_3_VERSION, TLS1_3_VERSION);
  ASSERT_TRUE(newer.connected);
  newer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(newer.read_body(), "TLSv1.3 TLS_AES_128_GCM_SHA256");
  EXPECT_EQ(newer.protocol(), "http/1.1");
  TlsClient older(port, TLS1_2_VERSION, TLS1_2_VERSION);
  ASSERT_TRUE(older.connected);
  older.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(older.read_body(), "TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256");
}

TEST_F(Tls, VersionsBefore12AreRefused) { EXPECT_FALSE(TlsClient(start(), TLS1_VERSION, TLS1_1_VERSION).connected); }

TEST_F(Tls, BodiesAndManyRequestsPassOneSession) {
  const uint16_t port = start();
  TlsClient client(port, TLS1_2_VERSION, TLS1_3_VERSION);
  const std::string body(500'000, 'b');
  for (int i = 0; i < 5; ++i) {
    client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 500000\r\n\r\n");
    client.send(body);
    EXPECT_EQ(client.read_body(), body);
  }
}

TEST_F(Tls, AnEarlyAnswerToAStreamCallsTheReadOff) {
  std::vector<std::thread> threads;
  handler.on_begin = [](const auto&) { return Handler::Plan{Handler::Plan::kStreamed}; };
  handler.on_handle = [&](const std::shared_ptr<Exchange>& exchange) {
    threads.emplace_back([exchange] {
      char some[10];
      EXPECT_TRUE(exchange->reader().read(some));
      exchange->respond(text_response("enough", 400));
    });
  };
  options.io_threads = 1;
  TlsClient client(start(), TLS1_2_VERSION, TLS1_3_VERSION);
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\nsome");
  EXPECT_EQ(client.read_body(), "enough");
  client.send(std::string(496, 'x'));
  client.send("PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nagain");
  EXPECT_EQ(client.read_body(), "enough");
  server->stop(std::chrono::seconds(5));
  for (std::thread& thread : threads) thread.join();
}

TEST_F(Tls, ClosingIsAnnounced) {
  TlsClient client(start(), TLS1_2_VERSION, TLS1_3_VERSION);
  client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.read_body(), "closed");
  EXPECT_TRUE(client.ended_in_form());
}

TEST_F(Tls, StalledHandshakesAreCutOff) {
  options.head_timeout = std::chrono::milliseconds(50);
  Client client(start());
  client.send("\x16\x03\x01");
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(server->counters().timeouts, 1u);
}

TEST_F(Tls, PlainHttpAtTheTlsPortIsClosed) {
  Client client(start());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  client.read_to_end();
  EXPECT_EQ(server->counters().requests, 0u);
}

TEST_F(Tls, UnusableFilesStopTheStartByName) {
  const auto problem = [&] { return Server::listen(options, handler, clock).error().message; };
  const Options good = options;
  options.tls_certificate_file = directory + "/absent.pem";
  EXPECT_NE(problem().find("absent.pem"), std::string::npos);
  options = good;
  options.tls_key_file.clear();
  EXPECT_NE(problem().find("key"), std::string::npos);
  options = good;
  options.tls_key_file = directory + "/other.pem";
  write_certificate(directory + "/unused.pem", options.tls_key_file);
  EXPECT_NE(problem().find("other.pem: key values mismatch"), std::string::npos);
}

}  // namespace
}  // namespace cairn::http
