-- What the statements answer on the made-up nation; every figure below was worked out by hand from support/fixture.sql.
\i :queries
\echo code 71.03: Kabupaten Angin held it until 2022-07-25
execute RegionResolveCode('kemendagri', '71.03', '2022-12-31');
\echo digits 7171: Kota Angin by BPS, Kabupaten Batu Karang by Kemendagri
execute RegionResolveDigits('7171', '2022-12-31');
\echo names: Angin is two, Karang Lama is a former name, Dahan Raya an alias
execute RegionResolveName('angin', '2022-12-31');
execute RegionResolveName('kabupaten angin', '2022-12-31');
execute RegionResolveName('Karang-Lama', '2022-12-31');
execute RegionResolveName('Kota Dahan Raya', '2022-12-31');
\echo search for da, for angin
execute RegionSearch('da', '2022-12-31', 10);
execute RegionSearch('kota angin', '2022-12-31', 10);
\echo region 3 before and after it changed province, region 2 under its old name
execute RegionShow(3, '2022-07-24');
execute RegionShow(3, '2022-07-25');
execute RegionShow(2, '2019-12-31');
execute RegionShow(99, '2019-12-31');
\echo list: province 72 today, kota, cohort 2021, second page
execute RegionList('2022-12-31', '72', null, null, 0, 10);
execute RegionList('2022-12-31', null, 'kota', null, 0, 10);
execute RegionList('2022-12-31', null, null, 2021, 1, 10);
\echo cohorts
execute CohortList;
execute CohortShow(2017, '2017-05-22');
execute CohortShow(2021, '2022-12-31');

set session authorization seratus_region;
begin;
select test.enter('region-a');
\echo report of A for 2022: its own score is the only visible one; the year before is there to compare
execute RegionReport(1, 2022, 'annual', 'implementation', '2022-12-31');
\echo report of A for 2021: fourth of four in the nation, and third of three in the province of that day
execute RegionReport(1, 2021, 'annual', 'implementation', '2021-12-31');
\echo report of B for 2021 as A may see it; for 2022 there is none
execute RegionReport(2, 2021, 'annual', 'implementation', '2021-12-31');
execute RegionReport(2, 2022, 'annual', 'implementation', '2022-12-31');
\echo compare 2022 as A: only its own value
execute CompareRows(2022, 'annual', 'implementation', null, null, null, '2022-12-31');
commit;
reset session authorization;
set session authorization seratus_ministry;
begin;
select test.enter('analyst');
\echo compare 2022 as the ministry, aspect output, cohort 2021; then an aspect nobody has
execute CompareRows(2022, 'annual', 'implementation', 'aspect', 'output', '{2021}', '2022-12-31');
execute CompareRows(2022, 'annual', 'implementation', 'aspect', 'impact', '{2021}', '2022-12-31');
\echo report of A for 2022 as the ministry: last of four, and of two in the province
execute RegionReport(1, 2022, 'annual', 'implementation', '2022-12-31');
\echo export, second page of two rows
execute ExportScores(1, 2022, 'annual', 'implementation', null, 2);
commit;
reset session authorization;
set session authorization seratus_export;
begin;
select test.enter('export');
\echo report of A as the export login: 2021 as everybody, 2022 not at all
execute RegionReportReleased(1, 2021, 'annual', 'implementation', '2021-12-31');
execute RegionReportReleased(1, 2022, 'annual', 'implementation', '2022-12-31');
execute ExportScoresReleased(0, 0, '', '', 2021, null);
execute DatasetRead;
commit;
