import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { placeRow } from '../../../controller/protocol/inventory.ts';
import { readPlacesTable } from '../../../web-console/pages/settings/places-table.ts';

describe('a pasted table of places', () => {
  it('reads what a spreadsheet copies: tabs, merged hamlet cells, decimal commas', () => {
    const table = readPlacesTable(
      'Ấp\tCụm loa\tSố loa\tVĩ độ\tKinh độ\nẤp 1\tCổng chợ\t4\t10,7621\t106,8\n\tNhà văn hóa\t\t\t\n\nẤp 2\t\t\t\t\n',
    );
    expect(table.problems).toEqual([]);
    expect(table.rows).toEqual([
      { hamlet: 'Ấp 1', cluster: 'Cổng chợ', kind: 'ip', horns: 4, latitude: 10.7621, longitude: 106.8 },
      { hamlet: 'Ấp 1', cluster: 'Nhà văn hóa', kind: 'ip', horns: 2, latitude: null, longitude: null },
      { hamlet: 'Ấp 2', cluster: null, kind: 'ip', horns: 2, latitude: null, longitude: null },
    ]);
  });

  it('reads CSV with semicolons, quotes, a byte-order mark and columns in any order', () => {
    const table = readPlacesTable('\uFEFFLoại;Tên cụm;KHU PHỐ;Ghi chú\r\nFM;"Đình; sân sau";Khu phố 1;cũ\r\nip;Trường;Khu phố 2;');
    expect(table.headings).toEqual(['kind', 'cluster', 'hamlet', undefined]);
    expect(table.rows.map(({ hamlet, cluster, kind }) => [hamlet, cluster, kind])).toEqual([
      ['Khu phố 1', 'Đình; sân sau', 'fm'],
      ['Khu phố 2', 'Trường', 'ip'],
    ]);
  });

  it('takes the usual order where there are no headings', () => {
    const table = readPlacesTable('Ấp 1,Chợ,IP,2\nẤp 2,Đình');
    expect(table.headings).toBeUndefined();
    expect(table.rows.map(({ hamlet, cluster }) => [hamlet, cluster])).toEqual([
      ['Ấp 1', 'Chợ'],
      ['Ấp 2', 'Đình'],
    ]);
  });

  it('names every fault by its line and column, and leaves only these lines out', () => {
    const table = readPlacesTable('Ấp,Cụm loa,Loại,Số loa,Vĩ độ,Kinh độ\n,Chợ\nẤp 1,A,AM,9,95,x\nẤp 2,B,,,10.5,\nẤp 3,C');
    expect(table.problems.map(({ line, column, fault }) => [line, column, fault])).toEqual([
      [2, 'hamlet', 'no_hamlet'],
      [3, 'kind', 'not_kind'],
      [3, 'horns', 'not_horns'],
      [3, 'latitude', 'not_latitude'],
      [3, 'longitude', 'not_longitude'],
      [4, 'longitude', 'half_position'],
    ]);
    expect(table.rows.map(({ hamlet }) => hamlet)).toEqual(['Ấp 3']);
  });

  it('never gives a row that the server would not take, and never throws', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), (text) => {
        for (const row of readPlacesTable(text).rows) expect(placeRow.safeParse(row).success).toBe(true);
      }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(fc.oneof(fc.string(), fc.double().map(String)), { maxLength: 7 }), { maxLength: 8 }), (cells) => {
        const text = cells.map((line) => line.map((cell) => cell.replace(/[\t\r\n"]/g, ' ')).join('\t')).join('\n');
        for (const row of readPlacesTable(text).rows) expect(placeRow.safeParse(row).success).toBe(true);
      }),
    );
  });
});
