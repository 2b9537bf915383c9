drop table changed_summaries;
drop table summaries;
