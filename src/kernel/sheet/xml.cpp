#include "kernel/sheet/xml.h"

#include <cstdlib>
#include <exception>
#include <memory>
#include <utility>

#include <expat.h>
#include <malloc.h>

#include "kernel/base/check.h"
#include "kernel/sheet/refuse.h"

namespace sj::sheet {

namespace {

constexpr int kPiece = 64 << 10;
constexpr XML_Index kTokenBytesMax = 1 << 20;
constexpr int kDepthMax = 64;
constexpr std::size_t kParserBytesMax = std::size_t{32} << 20;

// expat keeps every name it has seen, so a document of nothing but new names would fill memory.
// Its allocator gets no pointer of ours: the count belongs to the thread that reads.
std::size_t& parser_bytes() {
  thread_local std::size_t bytes = 0;
  return bytes;
}

void* counted(void* block) {
  if (block != nullptr) parser_bytes() += malloc_usable_size(block);
  return block;
}

// NOLINTBEGIN(cppcoreguidelines-no-malloc): these are malloc, realloc and free, for a C library
void* allocate(std::size_t size) {
  if (size > kParserBytesMax || parser_bytes() > kParserBytesMax - size) return nullptr;
  return counted(std::malloc(size));
}

void release(void* block) {
  if (block != nullptr) parser_bytes() -= malloc_usable_size(block);
  std::free(block);
}

void* reallocate(void* block, std::size_t size) {
  const std::size_t before = block == nullptr ? 0 : malloc_usable_size(block);
  if (size > kParserBytesMax || parser_bytes() - before > kParserBytesMax - size) return nullptr;
  void* const grown = std::realloc(block, size);
  if (grown == nullptr) return nullptr;
  parser_bytes() -= before;
  return counted(grown);
}
// NOLINTEND(cppcoreguidelines-no-malloc)

constexpr XML_Memory_Handling_Suite kMemory = {allocate, reallocate, release};

std::string_view without_prefix(std::string_view name) {
  return name.substr(name.find(':') + 1);  // npos + 1 is 0
}

// What the callbacks share. An exception must not pass through the frames of a C library, so it
// waits here until the parser has returned.
struct Reading {
  XML_Parser parser = nullptr;
  XmlHandler* handler = nullptr;
  int depth = 0;
  std::optional<Error> refused;
  std::exception_ptr thrown;

  void stop(Error error) {
    refused = std::move(error);
    XML_StopParser(parser, XML_FALSE);
  }

  template <class Call>
  void handle(Call call) {
    if (refused || thrown) return;
    try {
      Result<void> done = call();
      if (!done.ok()) stop(std::move(done).error());
    } catch (...) {
      thrown = std::current_exception();
      XML_StopParser(parser, XML_FALSE);
    }
  }
};

Reading& reading_of(void* user) {
  return *static_cast<Reading*>(user);
}

void start_element(void* user, const char* name, const char** attributes) {
  Reading& reading = reading_of(user);
  if (++reading.depth > kDepthMax) {
    return reading.stop(refuse("sheet.too_complex", "elements nested too deeply"));
  }
  reading.handle(
      [&] { return reading.handler->on_start(without_prefix(name), XmlAttributes(attributes)); });
}

void end_element(void* user, const char* name) {
  Reading& reading = reading_of(user);
  --reading.depth;
  reading.handle([&] { return reading.handler->on_end(without_prefix(name)); });
}

void character_data(void* user, const char* text, int length) {
  Reading& reading = reading_of(user);
  const std::string_view piece(text, static_cast<std::size_t>(length));
  reading.handle([&] { return reading.handler->on_text(piece); });
}

void start_doctype(void* user, const char*, const char*, const char*, int) {
  reading_of(user).stop(refuse("sheet.doctype", "a document type declaration"));
}

using Parser = std::unique_ptr<XML_ParserStruct, decltype(&XML_ParserFree)>;

Parser make_parser(Reading& reading) {
  Parser parser(XML_ParserCreate_MM(nullptr, &kMemory, nullptr), &XML_ParserFree);
  SJ_CHECK(parser != nullptr);
  reading.parser = parser.get();
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), start_element, end_element);
  XML_SetCharacterDataHandler(parser.get(), character_data);
  XML_SetStartDoctypeDeclHandler(parser.get(), start_doctype);
  return parser;
}

std::string position(std::string_view part, XML_Parser parser) {
  return std::string(part) + ", line " + std::to_string(XML_GetCurrentLineNumber(parser)) +
         ", column " + std::to_string(XML_GetCurrentColumnNumber(parser) + 1);
}

Error parse_error(std::string_view part, Reading& reading) {
  if (reading.thrown) std::rethrow_exception(reading.thrown);
  if (reading.refused) {
    Error error = *std::move(reading.refused);
    error.detail = std::string(part) + ": " + error.detail;
    return error;
  }
  const XML_Error code = XML_GetErrorCode(reading.parser);
  if (code == XML_ERROR_NO_MEMORY) {
    return refuse("sheet.too_complex", std::string(part) + ": too many different names");
  }
  return refuse("sheet.broken_xml", position(part, reading.parser) + ": " + XML_ErrorString(code));
}

}  // namespace

std::optional<std::string_view> XmlAttributes::find(std::string_view name) const {
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    if (name == *pair) return pair[1];
  }
  return std::nullopt;
}

std::optional<std::string_view> XmlAttributes::find_prefixed(std::string_view name) const {
  for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
    const std::string_view full(*pair);
    if (full.size() > name.size() && without_prefix(full) == name) return pair[1];
  }
  return std::nullopt;
}

Result<void> read_xml(std::string_view part, Zip::Stream& source, XmlHandler& handler) {
  Reading reading;
  reading.handler = &handler;
  const Parser parser = make_parser(reading);
  XML_Index bytes_given = 0;
  for (bool ended = false; !ended;) {
    void* buffer = XML_GetBuffer(parser.get(), kPiece);
    if (buffer == nullptr)
      return refuse("sheet.too_complex", std::string(part) + ": a tag too long");
    const std::size_t count = SJ_TRY(source.read(static_cast<char*>(buffer), kPiece));
    ended = count == 0;
    bytes_given += static_cast<XML_Index>(count);
    if (XML_ParseBuffer(parser.get(), static_cast<int>(count), ended ? 1 : 0) != XML_STATUS_OK) {
      return parse_error(part, reading);
    }
    // expat keeps an unfinished tag whole, and looks at it again with every piece.
    if (bytes_given - XML_GetCurrentByteIndex(parser.get()) > kTokenBytesMax) {
      return refuse("sheet.too_complex", std::string(part) + ": a tag too long");
    }
  }
  return {};
}

}  // namespace sj::sheet
