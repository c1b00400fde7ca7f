-- What the statements answer on the made-up nation; every figure below was worked out by hand from support/fixture.sql.
\i :queries
\echo search for da, for angin with its kind, for a former name, for an alias
execute SearchByText('da', '2022-12-31', 10);
execute SearchByText('kota angin', '2022-12-31', 10);
execute SearchByText('Karang-Lama', '2022-12-31', 10);
execute SearchByText('Kota Dahan Raya', '2022-12-31', 10);
\echo region 3 before and after it changed province, region 2 under its old name, region 99
execute RegionSummaries('{3}', '2022-07-24');
execute RegionSummaries('{3}', '2022-07-25');
execute RegionSummaries('{2,99}', '2019-12-31');
\echo all that is on record about region 3
execute RegionPlace(3);
execute RegionCodes(3);
execute RegionNames(3);
execute RegionProvinces(3);
execute RegionMemberships(3);
\echo list: province 72 today, by name in 2021, kota, cohort 2021 second page; totals and whether the province is known
execute RegionPage('2022-12-31', '72', null, null, 0, 10);
execute RegionPage('2021-12-31', 'utara', null, null, 0, 10);
execute RegionPage('2022-12-31', null, 'kota', null, 0, 10);
execute RegionPage('2022-12-31', null, null, 2021, 1, 10);
execute RegionPageTotal('2022-12-31', '72', null, null);
execute RegionPageTotal('2022-12-31', null, 'kota', 2021);
execute RegionPageTotal('2022-12-31', '99', null, null);
\echo cohorts
execute CohortCounts;
execute CohortStatuses;
execute CohortMembers(2017, '2017-05-22');
execute CohortMembers(2021, '2022-12-31');

set session authorization seratus_region;
begin;
select test.enter('region-a');
\echo A for 2022: its own score is the only visible one; the year before is there to compare
execute ScoreShow(1, 2022, 'annual', 'implementation', '2022-12-31');
execute ScorePrevious(1, 2022, 'annual', 'implementation', '2022-12-31');
execute ScoreRanks(1, 2022, 'annual', 'implementation', '2022-12-31');
execute ScoreClaims(1, 2022, 'annual', 'implementation');
execute PlanRealisations(1, 2022);
\echo A for 2021: fourth of four in the nation, and third of three in the province of that day
execute ScoreRanks(1, 2021, 'annual', 'implementation', '2021-12-31');
\echo B for 2021 as A may see it: third of four, second of three; for 2022 it has no rank among the one score that A sees
execute ScoreRanks(2, 2021, 'annual', 'implementation', '2021-12-31');
execute ScoreRanks(2, 2022, 'annual', 'implementation', '2022-12-31');
\echo compare 2022 as A: only its own value; as everybody: none; the latest year for both
execute ComparisonRows(2022, 'annual', 'implementation', null, null, null);
execute ComparisonRowsReleased(2022, 'annual', 'implementation', null, null, '{2021}');
execute ComparisonYear(null, 'annual', 'implementation');
execute ComparisonYearReleased(null, 'annual', 'implementation');
commit;
reset session authorization;
set session authorization seratus_ministry;
begin;
select test.enter('analyst');
\echo compare 2022 as the ministry, aspect output, cohort 2021; then an aspect nobody has
execute ComparisonRows(2022, 'annual', 'implementation', 'aspect', 'output', '{2021}');
execute ComparisonRows(2022, 'annual', 'implementation', 'aspect', 'impact', '{2021}');
\echo A for 2022 as the ministry: last of four, and of two in the province
execute ScoreRanks(1, 2022, 'annual', 'implementation', '2022-12-31');
\echo list of all, second page of two rows
execute ScoresOfAll(null, null, '2022-12-31', 1, 2021, 'annual', 'implementation', 2);
execute ScoresOfAllTotal(null, null);
commit;
reset session authorization;
set session authorization seratus_export;
begin;
select test.enter('export');
\echo A as the export login: 2021 as everybody, 2022 not at all
execute ScoreShowReleased(1, 2021, 'annual', 'implementation', '2021-12-31');
execute ScoreShowReleased(1, 2022, 'annual', 'implementation', '2022-12-31');
execute ExportRowsReleased(2021, 2021, '2021-12-31');
execute DatasetRead;
commit;
