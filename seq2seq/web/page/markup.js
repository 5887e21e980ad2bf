// Markers of Markdown: of emphasis, and of links around their text; each has a partner in the line.

// Start and end of the markers of emphasis that pair, well-nested.
export function findEmphasis(line, patterns, maxMarker) {
  const found = [];
  const open = [];
  const isInside = (neighbour) => neighbour.search(patterns.inside_word) === 0;
  const goesOn = (marker, neighbour) => marker !== "~~" && marker !== "**" && isInside(neighbour);
  for (const match of line.matchAll(patterns.emphasis_marker)) {
    const [marker, start, end] = [match[0], match.index, match.index + match[0].length];
    if (marker.length > maxMarker[marker[0]]) continue;
    const [before, after] = [line.slice(Math.max(0, start - 1), start), line.slice(end, end + 1)];
    const opened = open.findLastIndex((each) => each.marker === marker);
    if (before.trim() && !goesOn(marker, after) && opened >= 0) {
      found.push([open[opened].start, open[opened].end], [start, end]);
      open.length = opened; // what was opened between the two stands alone
    } else if (after.trim() && !goesOn(marker, before)) {
      open.push({ marker, start, end });
    }
  }
  return found;
}

// Start and end of `[` or `![`, and of `](address)`, of each link.
export function findLinks(line, patterns) {
  const found = [];
  const open = [];
  for (const match of line.matchAll(patterns.link_bracket)) {
    const range = [match.index, match.index + match[0].length];
    if (match[0].endsWith("[")) open.push(range);
    else if (open.length) {
      const opening = open.pop();
      if (match.groups.g1) found.push(opening, range);
    }
  }
  return found;
}
