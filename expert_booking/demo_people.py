"""Who the demo experts are: names from around the world, with a time zone where they are at home."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody before they have opening hours; `time_zone` is an IANA name."""

    name: str
    category: str
    years: int
    rating: float
    time_zone: str


# The ten of the original application, in its order.
ORIGINALS = (
    Person("Sarah Johnson", "Technology", 10, 4.9, "America/New_York"),
    Person("Michael Chen", "Business", 15, 4.7, "Asia/Singapore"),
    Person("Emma Williams", "Design", 8, 4.8, "Europe/London"),
    Person("David Smith", "Marketing", 12, 4.6, "Australia/Sydney"),
    Person("Jessica Lee", "Technology", 5, 4.5, "America/Los_Angeles"),
    Person("Robert Brown", "Finance", 20, 4.9, "America/Chicago"),
    Person("Sophia Patel", "Health", 7, 4.8, "Asia/Kolkata"),
    Person("James Wilson", "Technology", 14, 4.7, "Africa/Johannesburg"),
    Person("Olivia Martinez", "Design", 6, 4.6, "America/Mexico_City"),
    Person("William Taylor", "Business", 11, 4.8, "Pacific/Auckland"),
)


@dataclass(frozen=True, slots=True)
class Region:
    """Names that go together, and where people with such names may live; words separated by blanks."""

    given: str
    family: str
    zones: str


REGIONS = (
    Region(
        "Amelia Oliver Grace Henry Charlotte Samuel Niamh Callum Harriet Declan Rowan Imogen",
        "Bennett O’Connor Fletcher Hughes Sinclair Doyle Marsh Whitaker Campbell Ashworth Pike Brennan",
        "Europe/London Europe/Dublin America/St_Johns Australia/Adelaide Australia/Brisbane America/Denver",
    ),
    Region(
        "Lucía Mateo Valentina Joaquín Inés Álvaro Camila Andrés Ximena Tomás Renata Íñigo",
        "Fernández Muñoz Castañeda Ibáñez Quintero Salazar Peña Zúñiga Ocampo Varela Cárdenas Núñez",
        "Europe/Madrid America/Bogota America/Argentina/Buenos_Aires America/Lima America/Santiago",
    ),
    Region(
        "Beatriz João Letícia Caetano Mariana Tiago Inês Rafael Luísa Gonçalo Marília Duarte",
        "Conceição Carvalho Araújo Magalhães Nogueira Falcão Brandão Teixeira Moura Simões Prado Leitão",
        "America/Sao_Paulo Europe/Lisbon America/Manaus Atlantic/Azores",
    ),
    Region(
        "Jürgen Annelies Lukas Käthe Matthias Saskia Florian Liesbeth Jonas Franziska Bram Ottilie",
        "Müller Bauer Groß Vogel Schäfer Brandt Keller Huber Steiner Winkler Dijkstra Vermeer",
        "Europe/Berlin Europe/Zurich Europe/Vienna Europe/Amsterdam",
    ),
    Region(
        "Chloé Étienne Aïssatou Benoît Margaux Théo Noémie Rémi Solène Aurélien Zoé François",
        "Lefèvre Dubois Béranger Moreau Gauthier Diallo Tremblay Charpentier Roux Delacroix Faucher Sarr",
        "Europe/Paris America/Toronto Africa/Dakar Europe/Brussels",
    ),
    Region(
        "Astrid Bjørn Freja Søren Åsa Lauri Ingrid Eirik Päivi Gunnar Sólveig Mikkel",
        "Lindström Sørensen Virtanen Bergström Nygård Østergaard Mäkinen Holm Ekdahl Dahl Kjær Ström",
        "Europe/Stockholm Europe/Oslo Europe/Helsinki Europe/Copenhagen Atlantic/Reykjavik",
    ),
    Region(
        "Zofia Łukasz Jiří Katarína Miloš Agnieszka Ondřej Ivana Vladimír Živa Ștefan Ilinca",
        "Kowalczyk Dvořák Horváth Novák Wójcik Černý Jovanović Kovač Popescu Wiśniewski Šimić Mazur",
        "Europe/Warsaw Europe/Prague Europe/Belgrade Europe/Bucharest",
    ),
    Region(
        "Ayşe Mehmet Leila Karim Yasmin Omar Shirin Farhad Nour Emre Mariam Dariush",
        "Yılmaz Haddad Öztürk Mansour Karimi Şahin Khoury Farouk Rahimi Aydın Nasser Tehrani",
        "Europe/Istanbul Africa/Cairo Asia/Dubai Asia/Tehran Africa/Casablanca",
    ),
    Region(
        "Ananya Arjun Priya Rohan Kavya Vikram Meera Sanjay Nisha Imran Tenzin Dilani",
        "Iyer Sharma Banerjee Gurung Chaudhry Nair Reddy Thapa Perera Kapoor Deshpande Qureshi",
        "Asia/Kolkata Asia/Kathmandu Asia/Karachi Asia/Colombo Asia/Dhaka",
    ),
    Region(
        "Haruka Kenji Mei-Ling Min-jun Yuki Wei Ji-woo Sakura Hao Eun-ji Takumi Xiuying",
        "Tanaka Kim Zhang Nakamura Park Liu Fujimoto Choi Huang Watanabe Lin Ōkubo",
        "Asia/Tokyo Asia/Seoul Asia/Shanghai Asia/Taipei Asia/Hong_Kong",
    ),
    Region(
        "Adaeze Kwame Wanjiru Thabo Amara Tendai Ngozi Kofi Zanele Chidi Folasadé Abebe",
        "Okafor Mensah Kamau Dlamini Adébáyò Moyo Tesfaye Nkosi Otieno Boateng Eze Mwangi",
        "Africa/Lagos Africa/Nairobi Africa/Accra Africa/Addis_Ababa Africa/Johannesburg",
    ),
    Region(
        "Linh Rizal Mai Anahera Dewi Tane Hương Mele Bayani Siti Kalani Đức",
        "Nguyễn Santos Wijaya Parata Trần Kealoha Reyes Ngata Pham Suharto Tuilagi Dizon",
        "Asia/Ho_Chi_Minh Asia/Manila Asia/Jakarta Pacific/Auckland Pacific/Honolulu",
    ),
)


def person(chance: Random, categories: Sequence[str]) -> Person:
    """Somebody at random; most are good, few are perfect."""
    region = chance.choice(REGIONS)
    return Person(
        name=f"{chance.choice(region.given.split())} {chance.choice(region.family.split())}",
        category=chance.choice(categories),
        years=chance.randint(2, 31),
        rating=round(chance.triangular(3.7, 5.0, 4.7), 1),
        time_zone=chance.choice(region.zones.split()),
    )
