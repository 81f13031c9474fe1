#include "kernel/http/parser.h"

#include <algorithm>

#include <boost/beast/http/basic_parser.hpp>

#include "kernel/base/check.h"
#include "kernel/http/syntax.h"

namespace sj::http {
namespace {

namespace beast = boost::beast;

constexpr std::string_view kEnd = "\r\n\r\n";
// Of a chunk's size with its extensions, or of the trailers: nobody needs more.
constexpr std::size_t kChunkHeadMax = 4096;

std::string_view view(beast::string_view text) {
  return {text.data(), text.size()};
}

Error refuse(const char* code, const std::string& what) {
  return {ErrorKind::invalid, code, what};
}

std::optional<Method> method_of(std::string_view name) {
  for (const Method method :
       {Method::get, Method::head, Method::post, Method::put, Method::patch, Method::delete_}) {
    if (name == name_of(method)) return method;
  }
  return std::nullopt;
}

bool all_digits(std::string_view text) {
  return !text.empty() && text.size() <= 18 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// host, host:port, [v6]:port; what it names is nobody's business here.
bool is_host(std::string_view text) {
  constexpr std::string_view kOthers = "-._~:[]%!$&'()*+,;=";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           kOthers.find(c) != std::string_view::npos;
  });
}

}  // namespace

std::optional<std::size_t> end_of_head(std::string_view bytes) {
  const std::size_t found = bytes.find(kEnd);
  if (found == std::string_view::npos) return std::nullopt;
  return found + kEnd.size();
}

class Parser::Impl final : public beast::http::basic_parser<true> {
 public:
  Head head{};
  std::string* body = nullptr;
  std::size_t headers_max = 0;
  std::optional<Error> error{};

  std::size_t hosts = 0;
  std::size_t lengths = 0;
  std::size_t codings = 0;
  bool reads_body = false;

 private:
  void stop(Error why, beast::error_code& ec) {
    error = std::move(why);
    ec = beast::http::error::bad_field;
  }

  void on_request_impl(beast::http::verb /*method*/,
                       beast::string_view method,
                       beast::string_view target,
                       int version,
                       beast::error_code& ec) override {
    const auto known = method_of(view(method));
    if (!known) return stop(refuse("http.unknown_method", "the method is not known here"), ec);
    head.request.method = *known;
    head.is_http_1_0 = version == 10;
    Result<Target> read = http::parse_target(view(target));
    if (!read.ok()) return stop(read.error(), ec);
    head.request.path = std::move(read.value().path);
    head.request.query = std::move(read.value().query);
  }

  void on_field_impl(beast::http::field name,
                     beast::string_view spelt,
                     beast::string_view value,
                     beast::error_code& ec) override {
    if (reads_body) return;  // trailers: nothing here may still change the request
    if (head.request.headers.size() == headers_max) {
      return stop(refuse("http.too_many_headers", "too many headers"), ec);
    }
    switch (name) {
      case beast::http::field::host:
        if (++hosts > 1 || !is_host(view(value))) {
          return stop(refuse("http.bad_host", "one Host must be named"), ec);
        }
        break;
      case beast::http::field::content_length:
        if (++lengths > 1 || codings > 0 || !all_digits(view(value))) {
          return stop(refuse("http.ambiguous_length", "the length of the body is not clear"), ec);
        }
        break;
      case beast::http::field::transfer_encoding:
        if (++codings > 1 || lengths > 0 || head.is_http_1_0) {
          return stop(refuse("http.ambiguous_length", "the length of the body is not clear"), ec);
        }
        if (!equal_ignoring_case(view(value), "chunked")) {
          return stop(refuse("http.unknown_coding", "only chunked is known here"), ec);
        }
        break;
      case beast::http::field::expect:
        if (!equal_ignoring_case(view(value), "100-continue")) {
          return stop(refuse("http.unknown_expectation", "only 100-continue is known here"), ec);
        }
        head.expects_continue = !head.is_http_1_0;
        break;
      default:
        break;
    }
    head.request.headers.push_back(
        Header{std::string(view(spelt)), std::string(trim_blanks(view(value)))});
  }

  void on_header_impl(beast::error_code& /*ec*/) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/,
                         beast::error_code& /*ec*/) override {}

  std::size_t on_body_impl(beast::string_view bytes, beast::error_code& /*ec*/) override {
    body->append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_chunk_header_impl(std::uint64_t /*size*/,
                            beast::string_view /*extensions*/,
                            beast::error_code& /*ec*/) override {}

  std::size_t on_chunk_body_impl(std::uint64_t /*left*/,
                                 beast::string_view bytes,
                                 beast::error_code& /*ec*/) override {
    body->append(bytes.data(), bytes.size());
    return bytes.size();
  }

  void on_response_impl(int /*status*/,
                        beast::string_view /*reason*/,
                        int /*version*/,
                        beast::error_code& /*ec*/) override {}
  void on_finish_impl(beast::error_code& /*ec*/) override {}
};

Parser::Parser() : impl_(std::make_unique<Impl>()) {}
Parser::~Parser() = default;

Result<Head> Parser::read_head(std::string_view head, std::size_t headers_max) {
  if (const auto fault = fault_of_head(head)) return refuse("http.bad_request", *fault);
  impl_->headers_max = headers_max;
  impl_->header_limit(static_cast<std::uint32_t>(head.size()) + 1);
  impl_->body_limit(boost::none);  // asked for later, when the route is known
  beast::error_code ec;
  const std::size_t taken = impl_->put(boost::asio::const_buffer(head.data(), head.size()), ec);
  if (impl_->error) return *std::move(impl_->error);
  if (ec == beast::http::error::bad_version) {
    return refuse("http.unknown_version", "only HTTP/1.0 and HTTP/1.1 are known here");
  }
  if (ec == beast::http::error::bad_content_length ||
      ec == beast::http::error::multiple_content_length ||
      ec == beast::http::error::bad_transfer_encoding) {
    return refuse("http.ambiguous_length", "the length of the body is not clear");
  }
  if (ec || taken != head.size() || !impl_->is_header_done()) {
    return refuse("http.bad_request", "the head is not as HTTP wants it");
  }
  Head& read = impl_->head;
  if (impl_->hosts == 0 && !read.is_http_1_0) {
    return refuse("http.bad_host", "one Host must be named");
  }
  read.keep_alive = impl_->keep_alive();
  read.has_body = !impl_->is_done();
  if (const auto length = impl_->content_length(); length.has_value()) {
    read.content_length = *length;
  } else if (!read.has_body) {
    read.content_length = 0;
  }
  impl_->reads_body = true;
  return std::move(read);
}

Result<std::size_t> Parser::read_body(std::string_view bytes,
                                      std::size_t body_max,
                                      std::string& body) {
  SJ_CHECK(!impl_->is_done());
  impl_->eager(true);
  impl_->body = &body;
  beast::error_code ec;
  const std::size_t taken = impl_->put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  // Chunk by chunk, so that no more than what has arrived is ever held.
  if (body.size() > body_max) return refuse("http.body_too_large", "the body is too large");
  if (ec == beast::http::error::need_more) {
    if (bytes.size() - taken > kChunkHeadMax) {
      return refuse("http.bad_chunk", "the head of a chunk is too long");
    }
    return taken;
  }
  if (ec) return refuse("http.bad_chunk", "a chunk is not as HTTP wants it");
  return taken;
}

bool Parser::done() const {
  return impl_->is_done();
}

}  // namespace sj::http
