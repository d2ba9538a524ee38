import { parse } from 'papaparse';
import type { ClusterKind, PlaceRow } from '../../../controller/protocol/inventory.ts';
import { fold } from '../../formats/search.ts';

/** What a column means; the order is that of a table without headings. */
export const COLUMNS = ['hamlet', 'cluster', 'kind', 'horns', 'latitude', 'longitude'] as const;
export type Column = (typeof COLUMNS)[number];

/** How people head such columns, without marks. */
const HEADINGS: Record<Column, readonly string[]> = {
  hamlet: ['ap', 'ten ap', 'thon', 'ten thon', 'khu pho', 'to dan pho', 'ap/khu pho', 'ap, khu pho', 'hamlet'],
  cluster: ['cum loa', 'ten cum loa', 'cum', 'ten cum', 'vi tri', 'diem loa', 'cluster', 'pole'],
  kind: ['loai', 'loai cum', 'loai loa', 'kind', 'type', 'ip/fm'],
  horns: ['so loa', 'so luong loa', 'loa', 'horns'],
  latitude: ['vi do', 'latitude', 'lat'],
  longitude: ['kinh do', 'longitude', 'lon', 'lng', 'long'],
};

export type CellFault = 'no_hamlet' | 'too_long' | 'not_kind' | 'not_horns' | 'not_latitude' | 'not_longitude' | 'half_position';

export interface CellProblem {
  /** As a person counts the lines of the table, headings included. */
  line: number;
  column: Column;
  fault: CellFault;
  text: string;
}

export interface PlacesTable {
  rows: PlaceRow[];
  problems: CellProblem[];
  /** Which columns were found, in their order; undefined where the table has no headings and the usual order was taken. */
  headings: (Column | undefined)[] | undefined;
}

const LONGEST_NAME = 120;
const MOST_HORNS = 8;
const FM = ['fm', 'khong day fm', 'truyen thanh fm'];
const IP = ['', 'ip', 'ip/4g', 'thong minh'];

/**
 * Reads a table as people have it: copied out of a spreadsheet (tabs) or a CSV file (commas or semicolons), with headings in any order or none, an
 * empty hamlet cell meaning the one above (as merged cells are copied), decimal commas. Every fault names its line and column. Pure.
 */
export function readPlacesTable(text: string): PlacesTable {
  const { data } = parse<string[]>(text.replace(/^\uFEFF/, '').normalize('NFC'), { skipEmptyLines: false });
  const lines = data.map((cells) => cells.map((cell) => cell.replace(/\s+/g, ' ').trim()));
  const first = lines.findIndex(isFilled);
  const headings = first < 0 ? undefined : headingsOf(lines[first] ?? []);
  const table: PlacesTable = { rows: [], problems: [], headings };
  let hamletAbove = '';
  for (const [index, cells] of lines.entries()) {
    if (!isFilled(cells) || (headings && index === first)) continue;
    const cellOf = (column: Column): string => cells[(headings ?? COLUMNS).indexOf(column)] ?? '';
    const row = new Row(index + 1, cellOf, table.problems);
    hamletAbove = cellOf('hamlet') || hamletAbove;
    const read = row.read(hamletAbove);
    if (read) table.rows.push(read);
  }
  return table;
}

const isFilled = (cells: readonly string[]): boolean => cells.some((cell) => cell !== '');

/** A line is one of headings where one cell is known as the hamlet's and nothing in it is a name of a hamlet ("Ấp 3"). */
function headingsOf(cells: readonly string[]): (Column | undefined)[] | undefined {
  const found = cells.map((cell) => COLUMNS.find((column) => HEADINGS[column].includes(fold(cell))));
  return found.includes('hamlet') ? found : undefined;
}

class Row {
  #line: number;
  #cellOf: (column: Column) => string;
  #problems: CellProblem[];
  #isGood = true;

  constructor(line: number, cellOf: (column: Column) => string, problems: CellProblem[]) {
    this.#line = line;
    this.#cellOf = cellOf;
    this.#problems = problems;
  }

  read(hamlet: string): PlaceRow | undefined {
    if (!hamlet) this.#fault('hamlet', 'no_hamlet');
    if (hamlet.length > LONGEST_NAME) this.#fault('hamlet', 'too_long');
    const cluster = this.#cellOf('cluster') || null;
    if (cluster !== null && cluster.length > LONGEST_NAME) this.#fault('cluster', 'too_long');
    const row = { hamlet, cluster, kind: this.#kind(), horns: this.#horns(), ...this.#position() };
    return this.#isGood ? row : undefined;
  }

  #kind(): ClusterKind {
    const cell = fold(this.#cellOf('kind'));
    if (FM.includes(cell)) return 'fm';
    if (!IP.includes(cell)) this.#fault('kind', 'not_kind');
    return 'ip';
  }

  #horns(): number {
    const cell = this.#cellOf('horns');
    if (cell === '') return 2;
    const horns = Number(cell);
    if (!Number.isInteger(horns) || horns < 1 || horns > MOST_HORNS) this.#fault('horns', 'not_horns');
    return horns;
  }

  #position(): { latitude: number | null; longitude: number | null } {
    const latitude = this.#degrees('latitude', 90, 'not_latitude');
    const longitude = this.#degrees('longitude', 180, 'not_longitude');
    if ((latitude === null) !== (longitude === null)) this.#fault(latitude === null ? 'latitude' : 'longitude', 'half_position');
    return { latitude, longitude };
  }

  #degrees(column: 'latitude' | 'longitude', most: number, fault: CellFault): number | null {
    const cell = this.#cellOf(column);
    if (cell === '') return null;
    const degrees = Number(cell.replace(',', '.').replace(/°$/, ''));
    if (!Number.isFinite(degrees) || Math.abs(degrees) > most) this.#fault(column, fault);
    return degrees;
  }

  #fault(column: Column, fault: CellFault): void {
    this.#isGood = false;
    this.#problems.push({ line: this.#line, column, fault, text: this.#cellOf(column) });
  }
}
