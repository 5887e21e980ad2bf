// Text of bytes in UTF-8, of which each that is out of order becomes U+FFFD, as in SentencePiece.
// TextDecoder makes one U+FFFD of several bytes.

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function decodeUtf8(bytes) {
  let text = "";
  for (let start = 0; start < bytes.length;) {
    const size = sizeOf(bytes[start]);
    let character = "\ufffd";
    try {
      character = decoder.decode(Uint8Array.from(bytes.slice(start, start + size)));
      start += size;
    } catch {
      start += 1;
    }
    text += character;
  }
  return text;
}

// The number of bytes of a character that begins with a byte.
function sizeOf(byte) {
  if (byte < 0xc0) return 1;
  if (byte < 0xe0) return 2;
  return byte < 0xf0 ? 3 : 4;
}
